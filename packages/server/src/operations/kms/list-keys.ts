import { Type } from 'typebox'
import { readFilters } from '../../kms/filters.ts'
import { listKeys as listAll, listFilteredKeys } from '../../kms/list.ts'
import { keyContainerArn } from '../../kms/names.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, Paged, PageNumber, PageSize, page } from './fields.ts'

/** `[{"Key": ..., "Values": [...]}]`, as JSON text on the wire (reference: alibaba-kms.md C.4). */
export const Filters = Type.Array(
  Type.Object({ Key: Type.String(), Values: Type.Array(Type.String(), { maxItems: 100 }) }),
  { maxItems: 10 },
)

/** Lists the keys of the caller's account in this region, oldest first (reference: alibaba-kms.md A.2, H-36). */
export const listKeys = readOperation({
  name: 'kms:ListKeys',
  summary: 'List the keys of the account',
  effect: 'read',
  input: Input({ PageNumber, PageSize, Filters: Type.Optional(Filters) }),
  output: Type.Object({
    Keys: Type.Object({ Key: Type.Array(Type.Object({ KeyId: Type.String(), KeyArn: Type.String() })) }),
    ...Paged,
  }),
  resolve: (_scope, input) => (input.Filters?.length ? readFilters(input.Filters) : undefined),
  checks: (scope) => [
    {
      language: 'ram',
      action: 'kms:ListKeys',
      resource: keyContainerArn(scope.regions.alibaba, scope.caller.account.uid),
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
    const { keys, total } = filters
      ? await listFilteredKeys(scope.store.read, of, filters, number, size)
      : await listAll(scope.store.read, of, number, size)
    return {
      Keys: { Key: keys.map(({ arn, id }) => ({ KeyId: id, KeyArn: arn })) },
      PageNumber: number,
      PageSize: size,
      TotalCount: total,
    }
  },
  example: { PageSize: 20 },
})
