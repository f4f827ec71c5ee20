import type { KeyObject } from 'node:crypto'
import type { AuditLog } from '../audit/audit.ts'
import type { CallObserver } from '../base/call-watch.ts'
import type { Problem } from '../base/problem.ts'
import type { Caller } from '../identity/principal.ts'
import type { Call } from './answer.ts'
import type { FindLayers } from './decision.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Operation } from './operation.ts'
import type { ScopeParts } from './scope.ts'

/** What the pipeline is made of. */
export interface PipelineParts extends ScopeParts {
  readonly audit: AuditLog
  readonly findLayers: FindLayers
  /** What the service does of itself: the system layer allows exactly these. None when absent. */
  readonly acts?: readonly Operation[]
  /** Keys the digests of encryption-context values in the audit. */
  readonly digestKey: KeyObject
  /** Called for a defect: something thrown that is no {@link Refusal}. Never given the input. */
  readonly onDefect: (error: unknown, call: Call) => void
  /** Called for every call, whose signature holds, as whom. Must cost next to nothing. */
  readonly onUse?: (caller: Caller) => void
  /** Called for what a call that succeeded has used: a key, a secret, a role. Must cost next to nothing. */
  readonly onResourceUse?: (account: string, resource: string) => void
  /** Called, once a write is durable, with the jobs that it gave work to. */
  readonly onBegun?: (job: string) => void
  /** Called for every denial with its diagnosis, which names real entities: for a service whose caller is its operator too. */
  readonly onDenied?: (diagnosis: Diagnosis) => void
  /** Called with the reason where a call was answered `Unavailable` or `Overloaded`: in the service's own words, which name no input. */
  readonly onUnavailable?: (detail: string, call: Call) => void
  /** Called for every call that was not answered with success. Must cost next to nothing. */
  readonly onRefused?: (code: Problem['code']) => void
  /** Called for calls that come from no wire: what the service does by itself. Absent where nothing is measured. */
  readonly observer?: CallObserver
}
