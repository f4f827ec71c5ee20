import type { RpcBinding } from '../../pipeline/operation.ts'

/** The binding of an operation of Keyward's own. */
export const keyward = (action: string): RpcBinding => ({
  wire: 'alibaba',
  product: 'Keyward',
  version: '2026-11-01',
  action,
})
