import { Type } from 'typebox'
import { readTags } from '../../base/tags.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { listSecrets as listAll, readFilters } from '../../secrets/list.ts'
import { secretContainerArn } from '../../secrets/names.ts'
import { Input, Paged, PageNumber, PageSize, page, wireTime } from '../kms/fields.ts'
import { Filters } from '../kms/list-keys.ts'
import { ShownTags, showTags } from '../tag-fields.ts'
import { timeOf } from './shown.ts'

/** Lists the secrets of the caller's account in this region, oldest first (reference: alibaba-kms.md A.2, H-36). */
export const listSecrets = readOperation({
  name: 'kms:ListSecrets',
  summary: 'List the secrets of the account',
  effect: 'read',
  input: Input({
    PageNumber,
    PageSize,
    Filters: Type.Optional(Filters),
    FetchTags: Type.Optional(Type.Boolean()),
  }),
  output: Type.Object({
    SecretList: Type.Object({
      Secret: Type.Array(
        Type.Object({
          SecretName: Type.String(),
          SecretType: Type.String(),
          CreateTime: Type.String(),
          UpdateTime: Type.String(),
          PlannedDeleteTime: Type.String(),
          OwingService: Type.String(),
          Tags: Type.Optional(ShownTags),
        }),
      ),
    }),
    ...Paged,
  }),
  resolve: (_scope, input) => readFilters(input.Filters ?? []),
  checks: (scope) => [
    {
      language: 'ram',
      action: 'kms:ListSecrets',
      resource: secretContainerArn(scope.regions.alibaba, scope.caller.account.uid),
      owner: scope.caller.account.uid,
      facts: {},
    },
  ],
  async work(scope, input, filters) {
    const { number, size } = page(input)
    const of = {
      accountUid: scope.caller.account.uid,
      region: scope.regions.alibaba,
      now: scope.clock.now(),
    }
    const { secrets, total } = await listAll(scope.store.read, of, filters, number, size)
    return {
      SecretList: {
        Secret: secrets.map((row) => ({
          SecretName: row.name,
          SecretType: row.type,
          CreateTime: wireTime(row.created_at),
          UpdateTime: wireTime(row.updated_at),
          PlannedDeleteTime: timeOf(row.delete_at ?? undefined),
          OwingService: '',
          ...(input.FetchTags ? { Tags: showTags(readTags(row.tags)) } : {}),
        })),
      },
      PageNumber: number,
      PageSize: size,
      TotalCount: total,
    }
  },
  example: { PageSize: 20, FetchTags: true },
})
