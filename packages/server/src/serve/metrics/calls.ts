import { CALL_PARTS, type CallObserver, newCallWatch } from '../../base/call-watch.ts'
import { createHistogram, type Histogram } from './histogram.ts'
import type { Sample } from './samples.ts'
import { histogramSamples } from './samples.ts'

/** Counts calls as they end. What it counts by are operations of the table, codes of problems, layers: few of each. */
export interface CallCounter extends CallObserver {
  authenticationFailed(wire: string, code: string): void
  readonly calls: () => readonly Sample[]
  readonly answers: () => readonly Sample[]
  readonly seconds: () => readonly Sample[]
  readonly partSeconds: () => readonly Sample[]
  readonly denials: () => readonly Sample[]
  readonly authenticationFailures: () => readonly Sample[]
}

/** What stands for the operation and the outcome of a request that had no caller, or named nothing that is served. */
export const NOT_A_CALL = 'none'

/** Counts by two or three words, one map a word: no text is put together for a call. */
type Counts = Map<string, Map<string, number>>

function count(counts: Counts, one: string, other: string): void {
  let inner = counts.get(one)
  if (!inner) {
    inner = new Map()
    counts.set(one, inner)
  }
  inner.set(other, (inner.get(other) ?? 0) + 1)
}

interface OfOperation {
  readonly outcomes: Map<string, number>
  readonly time: Histogram
}

export function createCallCounter(): CallCounter {
  /** By wire and operation. */
  const operations = new Map<string, Map<string, OfOperation>>()
  const parts = CALL_PARTS.map(() => createHistogram())
  const statuses: Counts = new Map()
  const layers: Counts = new Map()
  const failures: Counts = new Map()

  function ofOperation(wire: string, operation: string): OfOperation {
    let inner = operations.get(wire)
    if (!inner) {
      inner = new Map()
      operations.set(wire, inner)
    }
    let found = inner.get(operation)
    if (!found) {
      found = { outcomes: new Map(), time: createHistogram() }
      inner.set(operation, found)
    }
    return found
  }

  function flat<T>(of: (wire: string, operation: string, one: OfOperation) => readonly T[]): T[] {
    return [...operations].flatMap(([wire, inner]) =>
      [...inner].flatMap(([operation, one]) => of(wire, operation, one)),
    )
  }

  const pairs = (counts: Counts, one: string, other: string): Sample[] =>
    [...counts].flatMap(([first, inner]) =>
      [...inner].map(([second, value]) => ({ labels: { [one]: first, [other]: second }, value })),
    )

  return Object.freeze<CallCounter>({
    begin: (source) => newCallWatch(source),
    end(watch, status) {
      const { source, spent, denied } = watch
      const { outcomes, time } = ofOperation(source, watch.operation || NOT_A_CALL)
      const outcome = watch.outcome || NOT_A_CALL
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      time.note(performance.now() - watch.begun)
      for (let i = 0; i < spent.length; i += 1) if (spent[i]! >= 0) parts[i]!.note(spent[i]!)
      if (status > 0) count(statuses, source, String(status))
      if (denied) count(layers, denied.layer, denied.reason)
    },
    authenticationFailed: (wire, code) => count(failures, wire, code),
    calls: () =>
      flat((wire, operation, { outcomes }) =>
        [...outcomes].map(([outcome, value]) => ({ labels: { operation, outcome, wire }, value })),
      ),
    answers: () => pairs(statuses, 'wire', 'status'),
    seconds: () =>
      flat((wire, operation, { time }) =>
        histogramSamples('keyward_call_seconds', { operation, wire }, time),
      ),
    partSeconds: () =>
      CALL_PARTS.flatMap((part, i) => histogramSamples('keyward_call_part_seconds', { part }, parts[i]!)),
    denials: () => pairs(layers, 'layer', 'reason'),
    authenticationFailures: () => pairs(failures, 'wire', 'code'),
  })
}
