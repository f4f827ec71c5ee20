import type { RpcBinding } from '../../pipeline/operation.ts'

export const KMS_VERSION = '2016-01-20'

/** The binding of a KMS operation on the Alibaba wire. */
export function kms(action: string): RpcBinding {
  return { wire: 'alibaba', product: 'Kms', version: KMS_VERSION, action }
}
