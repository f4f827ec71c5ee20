import type {
  CaseText,
  Condition,
  PolicyCase,
  PolicyType,
  PreparedCase,
  Statement,
  StatementAccount,
} from '@keyward/policy'
import { type Account, accountFor } from './account.ts'

/** How often a condition was met and unmet by requests that the rest of its statement fits. */
export interface CoveredCondition {
  readonly operator: string
  readonly key: string
  met: number
  unmet: number
}

export interface CoveredStatement {
  readonly policy: string
  readonly line?: number
  readonly statement: string
  readonly effect: 'Allow' | 'Deny'
  /** An Allow of a session, control policy or SCP lets others decide. */
  readonly limits: boolean
  /** Requests that it applied to, and those that it decided. */
  applied: number
  decided: number
  readonly conditions: readonly CoveredCondition[]
}

/** What of the policies the tests have exercised. */
export interface Coverage {
  readonly statements: readonly CoveredStatement[]
  /** Statements that applied, and condition outcomes (met, unmet) that came up, of all there are. */
  readonly covered: number
  readonly points: number
  /** In percent; 100 where there is nothing to cover. */
  readonly percent: number
}

const limiting: readonly PolicyType[] = ['session', 'control', 'scp']

/** Watches the decisions of a run. The same text in several cases is one document. */
export function coverageWatch() {
  const byText = new Map<string, readonly CoveredStatement[]>()
  const byDocument = new WeakMap<object, readonly CoveredStatement[]>()

  function statementsOf(one: CaseText, account: Account, caseName: string): readonly CoveredStatement[] {
    const known = byDocument.get(one.document)
    if (known) return known
    const { language, type } = one.document
    const key = JSON.stringify([language, type, one.text])
    const label = account.labelOf(one.name)
    const policy = label === one.name ? `${caseName}: ${label}` : label
    const found = byText.get(key) ?? one.document.statements.map((s) => blank(s, one, policy))
    byText.set(key, found)
    byDocument.set(one.document, found)
    return found
  }

  return {
    /** Adds one decided case. */
    add(entry: PolicyCase, prepared: PreparedCase, labels: ReadonlyMap<string, string>, caseName: string) {
      const account = accountFor(entry, prepared, labels)
      const documents = new Map(
        prepared.documents.map((one) => [one.name, statementsOf(one, account, caseName)]),
      )
      const counted = new Map<string, number>()
      for (const one of account.explanation.layers.flatMap(({ statements }) => statements)) {
        const index = counted.get(one.policy) ?? 0
        counted.set(one.policy, index + 1)
        count(documents.get(one.policy)![index]!, one, one === account.decided)
      }
    },
    result(): Coverage {
      const statements = [...byText.values()].flat()
      let covered = 0
      let points = 0
      for (const { applied, conditions } of statements) {
        points += 1 + 2 * conditions.length
        covered += applied > 0 ? 1 : 0
        for (const { met, unmet } of conditions) covered += (met > 0 ? 1 : 0) + (unmet > 0 ? 1 : 0)
      }
      return { statements, covered, points, percent: points === 0 ? 100 : (100 * covered) / points }
    },
  }
}

function blank(statement: Statement, { text, document }: CaseText, policy: string): CoveredStatement {
  const line = text.slice(0, statement.span.offset).split('\n').length
  const condition = ({ operator, key }: Condition) => ({
    operator: operator.value,
    key: key.value,
    met: 0,
    unmet: 0,
  })
  return {
    policy,
    ...(text.includes('\n') && { line }),
    statement: statement.sid?.value || `#${statement.index}`,
    effect: statement.effect.value,
    limits: limiting.includes(document.type),
    applied: 0,
    decided: 0,
    conditions: statement.conditions.map(condition),
  }
}

function count(covered: CoveredStatement, account: StatementAccount, decided: boolean) {
  if (account.applied) covered.applied += 1
  if (decided) covered.decided += 1
  const unmet = account.failures.filter((failure) => failure.element === 'condition')
  // A request that the statement is not about says nothing of its conditions.
  if (unmet.length < account.failures.length) return
  for (const condition of covered.conditions) {
    const failed = unmet.some(({ operator, key }) => operator === condition.operator && key === condition.key)
    if (failed) condition.unmet += 1
    else condition.met += 1
  }
}
