import { type MaybePromise, whenOver } from './when-ready.ts'

/** Parts of a call, in their order. `commit` is the transaction of a write, which carries its audit entry too. */
export const CALL_PARTS = ['authenticate', 'decide', 'work', 'commit', 'audit'] as const
export type CallPart = (typeof CALL_PARTS)[number]

/** Where a call came in; `service`: nobody called, the service does something by itself. */
export type CallSource = 'alibaba' | 'huawei' | 'service'

/**
 * What one call did and how long it took, for metrics, the access log and traces. Plain fields that are written on the
 * way: where nothing is switched on there is none, and nothing is measured.
 *
 * INVARIANT: it holds no input, no name of a resource, no value of a condition key and no address.
 */
export interface CallWatch {
  readonly source: CallSource
  /** By `performance.now()`. */
  readonly begun: number
  /** Name of the record, once it is known; from a closed list. */
  operation: string
  /** `Success`, `DryRun` or the code of the problem; from a closed list. Empty as long as the call has no answer. */
  outcome: string
  requestId: string
  /** The layer that denied and how, from closed lists. */
  denied: { readonly layer: string; readonly reason: string } | undefined
  /** Milliseconds in each part, in the order of {@link CALL_PARTS}; -1: the call did not come to it. */
  readonly spent: number[]
  /** Begin and end of every step, for a trace: a part may come more than once. */
  readonly steps: CallStep[] | undefined
  /** What the observer of the call keeps with it. */
  readonly span: object | undefined
}

export interface CallStep {
  readonly part: CallPart
  readonly from: number
  readonly to: number
}

export interface CallObserver {
  /** `parent`: the `traceparent` header that came with the call. */
  begin(source: CallSource, parent?: string): CallWatch
  /** `status`: as it is answered over HTTP; 0 for what the service does by itself. */
  end(watch: CallWatch, status: number): void
  /** The trace context that the answer carries, where calls are traced. */
  answerHeader?(watch: CallWatch): string | undefined
}

export function newCallWatch(source: CallSource, span?: object): CallWatch {
  return {
    source,
    begun: performance.now(),
    operation: '',
    outcome: '',
    requestId: '',
    denied: undefined,
    spent: [-1, -1, -1, -1, -1],
    steps: span ? [] : undefined,
    span,
  }
}

const places: Readonly<Record<CallPart, number>> = {
  authenticate: 0,
  decide: 1,
  work: 2,
  commit: 3,
  audit: 4,
}

/** Notes that a part, begun at `from`, has come to its end now. */
export function notePart(watch: CallWatch, part: CallPart, from: number): void {
  const to = performance.now()
  const place = places[part]
  const before = watch.spent[place]!
  watch.spent[place] = (before < 0 ? 0 : before) + to - from
  watch.steps?.push({ part, from, to })
}

/** Does a part of a call and notes how long it took, also when it fails. Without a watch it only does it. */
export function timed<T>(
  watch: CallWatch | undefined,
  part: CallPart,
  run: () => MaybePromise<T>,
): MaybePromise<T> {
  if (!watch) return run()
  const from = performance.now()
  return whenOver(run, () => notePart(watch, part, from))
}
