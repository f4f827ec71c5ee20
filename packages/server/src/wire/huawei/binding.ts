import type { Operation } from '../../pipeline/operation.ts'

/** An operation on this wire. Path placeholders and query names are properties of its input beside those of the body. */
export interface RestBinding {
  readonly wire: 'huawei'
  readonly operation: Operation
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With placeholders: `/v3/{project_id}/keypairs/{keypair_name}`. */
  readonly path: string
  /** Input properties that come from the query. */
  readonly query?: readonly string[]
  /** Status of a success; `204` answers without a body. */
  readonly status: 200 | 201 | 202 | 204
  /** The answer is not JSON but the bytes of one output property. */
  readonly bytes?: { readonly property: string; readonly contentType: string }
}
