import { Type } from 'typebox'
import { type Alias, listAliases as list } from '../../kms/aliases.ts'
import { aliasArn, aliasContainerArn } from '../../kms/names.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, KeyId, Paged, PageNumber, PageSize, page } from './fields.ts'
import { useCheck } from './key-checks.ts'
import { existing, type KeyTarget, resolveKeyId } from './key-target.ts'

const Aliases = Type.Object({
  Alias: Type.Array(Type.Object({ AliasName: Type.String(), AliasArn: Type.String(), KeyId: Type.String() })),
})

const wireAlias = (region: string, accountUid: string, { keyId, name }: Alias) => ({
  AliasName: name,
  AliasArn: aliasArn(region, accountUid, name),
  KeyId: keyId,
})

/** Lists the aliases of the caller's account in this region, by name. */
export const listAliases = readOperation({
  name: 'kms:ListAliases',
  summary: 'List the aliases of the account',
  effect: 'read',
  input: Input({ PageNumber, PageSize }),
  output: Type.Object({ Aliases, ...Paged }),
  resolve: () => undefined,
  checks: ({ caller, regions }) => [
    {
      language: 'ram',
      action: 'kms:ListAliases',
      resource: aliasContainerArn(regions.alibaba, caller.account.uid),
      owner: caller.account.uid,
      facts: {},
    },
  ],
  async work({ caller, regions, store }, input) {
    const { number, size } = page(input)
    const of = { accountUid: caller.account.uid, region: regions.alibaba }
    const { aliases, total } = await list(store.read, of, number, size)
    return {
      Aliases: { Alias: aliases.map((alias) => wireAlias(of.region, of.accountUid, alias)) },
      PageNumber: number,
      PageSize: size,
      TotalCount: total,
    }
  },
  example: { PageSize: 20 },
})

/** Lists the aliases of one key, by name. */
export const listAliasesByKeyId = readOperation({
  name: 'kms:ListAliasesByKeyId',
  summary: 'List the aliases of a key',
  effect: 'read',
  input: Input({ KeyId, PageNumber, PageSize }),
  output: Type.Object({ Aliases, ...Paged }),
  resolve: (scope, input) => resolveKeyId(scope, input.KeyId),
  checks: (_scope, _input, target: KeyTarget) => [useCheck('kms:ListAliasesByKeyId', target)],
  async work({ store }, input, target) {
    const { accountUid, id, region } = existing(target)
    const { number, size } = page(input)
    const { aliases, total } = await list(store.read, { accountUid, region, keyId: id }, number, size)
    return {
      Aliases: { Alias: aliases.map((alias) => wireAlias(region, accountUid, alias)) },
      PageNumber: number,
      PageSize: size,
      TotalCount: total,
    }
  },
  example: { KeyId: '{keyId}' },
})
