import { atOnce } from '../../base/turns.ts'
import type { WorldFinding } from '../problems.ts'
import { readWorld } from './declared.ts'
import { type Entity, NO_ACCOUNT } from './entities.ts'
import { changeLine, planWorld } from './plan.ts'

/** What a file declares, as an apply to a service that has none of it would say it. */
export interface DeclaredLines {
  readonly lines: readonly { readonly account: string; readonly line: string }[]
  /** Remarks on its policies. */
  readonly warnings: readonly WorldFinding[]
}

/** Reads and judges a whole file without a service. Raises `InvalidWorld` with every mistake at its place. */
export function declaredLines(text: string): DeclaredLines {
  const { accounts, organization = [], networks = [], warnings } = readWorld(text)
  const names = new Map(accounts.map(({ name, uid }, i) => [`${i}`, name ?? uid ?? '']))
  const entities: Entity[] = [
    ...accounts.flatMap((account, i) => account.entities.map((one) => ({ ...one, account: `${i}` }))),
    ...[...organization, ...networks].map((one) => ({ ...one, account: NO_ACCOUNT })),
  ]
  const lines = atOnce(planWorld([], entities)).changes.map((change) => {
    const account = names.get(change.entity.account) ?? ''
    return { account, line: changeLine(change, account) }
  })
  return { lines, warnings }
}
