import type { Operation } from '../../pipeline/operation.ts'

/** An operation on this wire: found by product version and `Action`. Parameters come from the query and the form alike. */
export interface RpcBinding {
  readonly wire: 'alibaba'
  readonly operation: Operation
  readonly product: Product
  readonly version: string
  readonly action: string
  /** The call takes `DryRun` (reference: alibaba-kms.md A.3): then it is decided and nothing more. */
  readonly dryRun?: true
  /** `Errors` of the output tell, item by item, what went wrong: see item-errors.ts. */
  readonly itemErrors?: true
}

export type Product =
  | 'Ims'
  | 'Kms'
  | 'Ram'
  | 'ResourceDirectoryMaster'
  | 'ResourceManager'
  | 'Sts'
  | 'Keyward'
