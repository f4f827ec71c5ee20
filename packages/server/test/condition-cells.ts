import { readFileSync } from 'node:fs'
import { parsePolicy } from '@keyward/policy'
import type { Do } from '../src/operations/kms/testing/example-keys.ts'
import { operations } from '../src/operations/table.ts'
import type { TestService } from './service.ts'

// What the tests of condition keys stand on: one cell for each condition key, operation and policy type of the seed, from a
// transcription that is kept apart from the records.

type PolicyKind = 'ram' | 'key' | 'secret'

interface Row {
  readonly key: string
  readonly operations: readonly string[]
  readonly policies: readonly PolicyKind[]
  readonly operator: string
  readonly met: string
  readonly metBy?: Readonly<Record<string, string>>
  readonly unmet: string
  readonly unmetBy?: Readonly<Record<string, string>>
  /** Parameters beside those of the operation's example. */
  readonly input?: object
}

export interface Cell {
  readonly row: Row
  readonly key: string
  readonly operation: string
  readonly policy: PolicyKind
  readonly met: string
  readonly unmet: string
}

export const readCase = (name: string) =>
  JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url), 'utf8'))

/** The cells of a transcription: those of each policy type that can occur, and those that cannot. */
export function cellsOf(seed: ReturnType<typeof readCase>) {
  const expand = (names: readonly string[]): string[] =>
    names.flatMap((name) => (Array.isArray(seed[name]) ? expand(seed[name]) : [name]))
  const all: readonly Cell[] = (seed.rows as Row[]).flatMap((row) =>
    expand(row.operations).flatMap((operation) =>
      row.policies.map((policy) => ({
        row,
        key: row.key,
        operation,
        policy,
        met: row.metBy?.[operation] ?? row.met,
        unmet: row.unmetBy?.[operation] ?? row.unmet,
      })),
    ),
  )
  const impossible = ({ operation, policy }: Cell) =>
    (seed.cannotOccur as { operations: string[]; policy: string }[]).some(
      (one) => one.policy === policy && (one.operations.includes('*') || one.operations.includes(operation)),
    )
  return {
    operations: [...new Set(all.map(({ operation }) => operation))].sort(),
    possible: (kind: PolicyKind) => all.filter((cell) => cell.policy === kind && !impossible(cell)),
    impossible: all.filter(impossible),
  }
}

export function recordOf(operation: string) {
  const record = operations.find(({ name }) => name === `kms:${operation}`)
  if (!record) throw new Error(`no operation \`${operation}\``)
  return record
}

/** A call of KMS as the root, which is to succeed. */
export const actAsRoot =
  (service: () => TestService): Do =>
  async (action, input) => {
    const { call, root } = service()
    const { body, status } = await call(root, `kms:${action}`, input as Record<string, unknown>)
    if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
    return body
  }

export const tagged = { Tags: JSON.stringify([{ TagKey: 'Project', TagValue: 'ProjectA' }]) }

/** Calls that only read share what they look at. */
export function sharedByReads<W>(make: (operation: string) => Promise<W>): (operation: string) => Promise<W> {
  const worlds = new Map<string, Promise<W>>()
  return (operation) => {
    const known = worlds.get(operation)
    if (known) return known
    const world = make(operation)
    if (recordOf(operation).effect === 'read') worlds.set(operation, world)
    return world
  }
}

/** What refuses the policy of a resource with the condition of a cell. */
export function errorsOf({ key, row, policy, met }: Cell, action: string) {
  const statement = {
    Effect: 'Allow',
    Principal: { RAM: ['acs:ram::1234567890123456:root'] },
    Action: [action],
    Resource: ['*'],
    Condition: { [row.operator]: { [key]: met } },
  }
  const text = JSON.stringify({ Version: '1', Statement: [statement] })
  const { findings } = parsePolicy(text, { language: 'ram', type: policy as 'key' | 'secret' })
  return findings.filter(({ severity }) => severity === 'error')
}

export const REFUSED = { status: 403, body: { Code: 'Forbidden.NoPermission' } }
