import {
  type Explanation,
  explain,
  type PolicyCase,
  type PreparedCase,
  type StatementAccount,
} from '@keyward/policy'

/** Where a statement stands: the name of its document and, where that has a text of its own, the line. */
export interface StatementPlace {
  readonly label: string
  readonly line?: number
}

/** An explanation with the places of its statements. */
export interface Account {
  readonly entry: PolicyCase
  readonly explanation: Explanation
  placeOf(statement: StatementAccount): StatementPlace
  labelOf(policy: string): string
  /** The statement that decided. */
  readonly decided: StatementAccount | undefined
}

/** Explains a case whose documents all stand. */
export function accountFor(
  entry: PolicyCase,
  prepared: PreparedCase,
  labels: ReadonlyMap<string, string>,
): Account {
  const explanation = explain(entry.language, prepared.request, prepared.layers)
  const places = statementPlaces(explanation, prepared, labels)
  return {
    entry,
    explanation,
    decided: decidingStatement(explanation),
    placeOf: (one) => places.get(one)!,
    labelOf: (name) => labels.get(name) ?? name,
  }
}

/** The account of the statement that decided, where one did. */
export function decidingStatement({ decision, layers }: Explanation): StatementAccount | undefined {
  const { policy, statement, layer } = decision
  const effect = decision.allowed ? 'Allow' : 'Deny'
  return layers
    .filter((one) => one.layer === layer)
    .flatMap(({ statements }) => statements)
    .find(
      (one) => one.applied && one.effect === effect && one.policy === policy && one.statement === statement,
    )
}

function statementPlaces(
  { layers }: Explanation,
  { documents }: PreparedCase,
  labels: ReadonlyMap<string, string>,
): ReadonlyMap<StatementAccount, StatementPlace> {
  const places = new Map<StatementAccount, StatementPlace>()
  // A layer tells of its statements in the order of its documents and theirs.
  const counted = new Map<string, number>()
  const named = new Map(documents.map((one) => [one.name, one]))
  for (const one of layers.flatMap(({ statements }) => statements)) {
    const index = counted.get(one.policy) ?? 0
    counted.set(one.policy, index + 1)
    const { text, document } = named.get(one.policy)!
    const offset = document.statements[index]!.span.offset
    const line = text.slice(0, offset).split('\n').length
    // A text of one line was most likely made by a program: its line says nothing.
    places.set(one, { label: labels.get(one.policy) ?? one.policy, ...(text.includes('\n') && { line }) })
  }
  return places
}
