import { Type } from 'typebox'
import { listKeys as list } from '../../kms/list.ts'
import { keyContainerArn } from '../../kms/names.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { kms } from './binding.ts'
import { Input, PageNumber, PageSize, page } from './fields.ts'

/** Lists the keys of the caller's account in this region, oldest first (reference: alibaba-kms.md A.2, H-36). */
export const listKeys = readOperation({
  name: 'kms:ListKeys',
  summary: 'List the keys of the account',
  effect: 'read',
  binding: kms('ListKeys'),
  input: Input({ PageNumber, PageSize }),
  output: Type.Object({
    Keys: Type.Object({ Key: Type.Array(Type.Object({ KeyId: Type.String(), KeyArn: Type.String() })) }),
    PageNumber: Type.Integer(),
    PageSize: Type.Integer(),
    TotalCount: Type.Integer(),
  }),
  resolve: () => undefined,
  checks: (scope) => [
    {
      language: 'ram',
      action: 'kms:ListKeys',
      resource: keyContainerArn(scope.regions.alibaba, scope.caller.account.uid),
      owner: scope.caller.account.uid,
      facts: {},
    },
  ],
  async work(scope, input) {
    const { number, size } = page(input)
    const { keys, total } = await list(
      scope.store.read,
      scope.caller.account.uid,
      scope.regions.alibaba,
      number,
      size,
    )
    return {
      Keys: { Key: keys.map(({ arn, id }) => ({ KeyId: id, KeyArn: arn })) },
      PageNumber: number,
      PageSize: size,
      TotalCount: total,
    }
  },
  example: () => ({ PageSize: 20 }),
})
