import type { KeywardOutputs } from '@keyward/server/client'
import type { DeclaredLines } from '@keyward/server/offline'
import { describeDiff } from './apply-diff.ts'
import { type Colour, type Io, paint } from './io.ts'

/** What the operation ApplyWorld answers. */
export type AppliedWorld = KeywardOutputs['ApplyWorld']

const colours: Readonly<Record<string, Colour>> = { create: 'green', update: 'yellow', delete: 'red' }

/** The plan for a person: changes by account, then what is left alone. */
export function describePlan(plan: AppliedWorld, io: Io): string[] {
  const rows: string[] = []
  for (const account of new Set(plan.Changes.map((one) => one.Account))) {
    rows.push(paint(io, 'bold', account === '' ? 'organization and networks' : `account ${account}`))
    const changes = plan.Changes.filter((one) => one.Account === account)
    for (const change of changes) {
      if (change.Fields) rows.push(...describeDiff(change, io))
      else rows.push(paint(io, colours[change.Change] ?? 'dim', `  ${change.Line}`))
    }
  }
  const count = (change: string) => plan.Changes.filter((one) => one.Change === change).length
  if (plan.Changes.length === 0) rows.push('nothing to change')
  else rows.push(`${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete`)
  if (plan.Kept.length > 0) {
    rows.push(...keptRows(plan, io, 'file', 'left alone, not in the file'))
    rows.push(...keptRows(plan, io, 'api', 'made by calls, no file’s to delete'))
  }
  return rows
}

/** What a file declares, by account. */
export function describeDeclared({ lines }: DeclaredLines, io: Io): string[] {
  const byAccount = Map.groupBy(lines, ({ account }) => account)
  return [...byAccount].flatMap(([account, own]) => [
    paint(io, 'bold', account === '' ? 'organization and networks' : `account ${account}`),
    ...own.map(({ line }) => paint(io, 'green', `  ${line}`)),
  ])
}

/** Whose what is left alone is: a prune takes away what files declared, and only by `--prune=all` what calls made. */
function keptRows(plan: AppliedWorld, io: Io, by: 'api' | 'file', what: string): string[] {
  const lines = plan.Kept.filter(({ DeclaredBy }) => DeclaredBy === by).map(({ Line }) => Line)
  if (lines.length === 0) return []
  return [paint(io, 'dim', `${what}: ${lines.slice(0, 5).join('; ')}${more(lines.length - 5)}`)]
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : ''
}
