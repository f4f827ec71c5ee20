import type { KeywardOutputs } from '@keyward/server/client'
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
    rows.push(...changes.map(({ Change, Line }) => paint(io, colours[Change] ?? 'dim', `  ${Line}`)))
  }
  const count = (change: string) => plan.Changes.filter((one) => one.Change === change).length
  if (plan.Changes.length === 0) rows.push('nothing to change')
  else rows.push(`${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete`)
  if (plan.Kept.length > 0) {
    const lines = plan.Kept.map(({ Line }) => Line)
    rows.push(
      paint(
        io,
        'dim',
        `left alone, not in the file: ${lines.slice(0, 5).join('; ')}${more(lines.length - 5)}`,
      ),
    )
  }
  return rows
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : ''
}
