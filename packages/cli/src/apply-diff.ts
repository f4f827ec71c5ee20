import { diffLines } from 'diff'
import type { AppliedWorld } from './apply-report.ts'
import { type Colour, type Io, paint } from './io.ts'

type Change = AppliedWorld['Changes'][number]
type Field = NonNullable<Change['Fields']>[number]

/** Unchanged lines that are shown around changed ones of a document. */
const AROUND = 2

/** A change for a person: its line, then each field as it is and as it will be; documents line by line. */
export function describeDiff(change: Change, io: Io): string[] {
  return [change.Line, ...(change.Fields ?? []).flatMap((field) => describeField(field, io))].map(
    (line) => `  ${line}`,
  )
}

function describeField({ Name, Before, After }: Field, io: Io): string[] {
  if (Before === undefined && After === undefined) return [`    ${Name}: (not shown)`]
  const [before, after] = [asDocument(Before), asDocument(After)]
  if (before === undefined || after === undefined) {
    const was = Before === undefined ? [] : [paint(io, 'red', `    - ${Name}: ${shown(Before)}`)]
    const willBe = After === undefined ? [] : [paint(io, 'green', `    + ${Name}: ${shown(After)}`)]
    return [...was, ...willBe]
  }
  if (before === after) return [`    ${Name}: the same but for its layout`]
  return [`    ${Name}:`, ...documentDiff(before, after, io)]
}

/** Text on one line, so that no value passes for lines of the diff. */
function shown(text: string): string {
  return JSON.stringify(text)
}

/** A JSON object or list in one layout, so that only what it says is compared; absent: nothing on that side. */
function asDocument(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return ''
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`
  } catch {
    return undefined
  }
}

const MARKS: Readonly<Record<string, readonly [mark: string, colour?: Colour]>> = {
  same: [' '],
  added: ['+', 'green'],
  removed: ['-', 'red'],
}

function documentDiff(before: string, after: string, io: Io): string[] {
  const lines = diffLines(before, after).flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => ({ text, kind: added ? 'added' : removed ? 'removed' : 'same' })),
  )
  const near = (at: number) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== 'same')
  const rows: string[] = []
  for (const [i, { text, kind }] of lines.entries()) {
    if (near(i)) {
      const [mark, colour] = MARKS[kind]!
      const row = `      ${mark} ${text}`
      rows.push(colour ? paint(io, colour, row) : row)
    } else if (i === 0 || near(i - 1)) rows.push('        ...')
  }
  return rows
}
