import type { CallWatch } from '../base/call-watch.ts'
import type { Problem } from '../base/problem.ts'
import type { Caller } from '../identity/principal.ts'
import type { WriteHandle, WriteOptions } from '../store/store.ts'
import type { Connection, Nonce } from './connection.ts'
import type { Operation } from './operation.ts'

/** An authenticated call, as a wire hands it to the pipeline. */
export interface Call {
  readonly operation: Operation
  readonly caller: Caller
  readonly connection: Connection
  readonly nonce?: Nonce | undefined
  /**
   * The input as the wire read it: strings already turned into the types that the schema asks for where they can be.
   * The pipeline validates it.
   */
  readonly input: Record<string, unknown>
  /** The call ends before its work: who asks wants to know whether it would be allowed. */
  readonly decideOnly?: boolean
  /**
   * How the transaction of a write is opened, where that is not the store's own way: the step of a job, which commits
   * nothing once another worker has the job.
   */
  readonly step?: Step | undefined
  /** Why the wire refuses this call of an authenticated caller: it is audited and answered, and nothing is looked for. */
  readonly problem?: Problem | undefined
  /** Where calls are measured. */
  readonly watch?: CallWatch | undefined
}

/** Runs a body in one transaction, as `Store.write` does. */
export type Step = <T>(body: (tx: WriteHandle) => Promise<T>, how?: WriteOptions) => Promise<T>

/** How a call ended. The wire writes it in its vendor's envelope. */
export type Answer =
  /** `output` is empty for a call that was only to be decided. */
  | {
      readonly ok: true
      readonly output: Record<string, unknown>
      /** Remarks on what was done, also in its audit entry; absent: none. */
      readonly warnings?: readonly string[]
    }
  | { readonly ok: false; readonly problem: Problem }

/** The one function that takes an authenticated call through the way of the design's section 2. Never throws. */
export type Pipeline = (call: Call) => Promise<Answer>
