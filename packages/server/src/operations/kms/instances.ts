import { Type } from 'typebox'
import { assertInstance, BUILT_IN_INSTANCE, instanceArn } from '../../kms/instance.ts'
import { ACCOUNT_LIMITS, countOf } from '../../kms/limits.ts'
import { accountCall } from './account-call.ts'
import { Input, Paged, PageNumber, PageSize, page } from './fields.ts'

/** The one instance there is. */
export const getDefaultKmsInstance = accountCall({
  action: 'GetDefaultKmsInstance',
  summary: 'Show the default instance',
  input: Input({}),
  output: Type.Object({ DefaultKmsInstanceId: Type.String() }),
  work: () => ({ DefaultKmsInstanceId: BUILT_IN_INSTANCE }),
  example: {},
})

/** Lists the one instance there is. Filters have no published names: they are taken and change nothing. */
export const listKmsInstances = accountCall({
  action: 'ListKmsInstances',
  summary: 'List the instances',
  input: Input({ Filters: Type.Optional(Type.String({ maxLength: 8192 })), PageNumber, PageSize }),
  output: Type.Object({
    KmsInstances: Type.Object({
      KmsInstance: Type.Array(Type.Object({ KmsInstanceId: Type.String(), KmsInstanceArn: Type.String() })),
    }),
    ...Paged,
  }),
  work({ caller, regions }, input) {
    const { number, size } = page(input)
    const instance = {
      KmsInstanceId: BUILT_IN_INSTANCE,
      KmsInstanceArn: instanceArn(regions.alibaba, caller.account.uid),
    }
    return {
      KmsInstances: { KmsInstance: number === 1 ? [instance] : [] },
      PageNumber: number,
      PageSize: size,
      TotalCount: 1,
    }
  },
  example: {},
})

/** What of its keys an account has used. Secrets are not here yet: none is used, none can be. */
export const getKmsInstanceQuotaInfos = accountCall({
  action: 'GetKmsInstanceQuotaInfos',
  summary: 'Show the quotas of an instance',
  input: Input({
    KmsInstanceId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    ResourceType: Type.Optional(Type.Enum(['key', 'secret'])),
  }),
  output: Type.Object({
    KmsInstanceId: Type.String(),
    KmsInstanceQuotaInfos: Type.Array(
      Type.Object({
        ResourceType: Type.String(),
        ResourceQuota: Type.Integer(),
        UsedQuantity: Type.Integer(),
      }),
    ),
  }),
  async work({ caller, regions, store }, { KmsInstanceId = BUILT_IN_INSTANCE, ResourceType }) {
    assertInstance(KmsInstanceId)
    const used = await countOf(store.read, 'kms_keys', caller.account.uid, regions.alibaba)
    const infos = [
      { ResourceType: 'key', ResourceQuota: ACCOUNT_LIMITS.keys, UsedQuantity: used },
      { ResourceType: 'secret', ResourceQuota: 0, UsedQuantity: 0 },
    ]
    return {
      KmsInstanceId,
      KmsInstanceQuotaInfos: infos.filter(
        (info) => (ResourceType ?? info.ResourceType) === info.ResourceType,
      ),
    }
  },
  example: {},
})
