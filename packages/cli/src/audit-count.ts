import type { KeywardOutputs } from '@keyward/server/client'
import { AUDIT_FILTERS, auditFilter } from './audit-filter.ts'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { failed, misused } from './exit.ts'
import { asJson, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

type Counts = KeywardOutputs['CountAudit']['Counts']

/** What `--by` counts apart, and what the service calls it. */
const BY = { action: 'Action', operation: 'Operation', outcome: 'Outcome', principal: 'Caller' } as const

/** Times and groups that are kept at once: more is no picture, and no table that anybody reads. */
const MOST_COUNTS = 50_000
/** Lines of a picture: of more times, and of more groups, the rest is said in a number. */
const MOST_LINES = 60

/** Counts calls of the account over time, through the service. */
export const auditCount: Command = {
  name: 'audit count',
  usage: '[--by action|operation|outcome|principal] [--every 1h] [--from TIME] [--to TIME]',
  about:
    'Counts the calls in the audit of the account over time: all together, or apart by what they were decided on, by operation, by outcome or by caller. The service counts a page at a time, however long the time is; each page is decided (`keyward:CountAudit`) and audited as every call is.\nOn a terminal each time, or each group, has a bar; `--output json` has the numbers.',
  examples: [
    ['keyward audit count --by outcome', 'what a day brought, hour by hour'],
    ['keyward audit count --every 1d --from 2026-11-01T00:00:00Z --outcome AccessDenied', 'refusals a day'],
  ],
  flags: [
    ...sessionFlags,
    {
      name: 'by',
      type: 'text',
      value: 'action|operation|outcome|principal',
      choices: Object.keys(BY),
      description: 'Counts these apart: the action that a call was decided on first, and so on.',
    },
    {
      name: 'every',
      type: 'text',
      value: 'TIME',
      description: 'Length of the times that are counted apart, such as 10m, 1h or 7d; 1h when left out.',
    },
    ...AUDIT_FILTERS,
    asJson,
  ],
  words: [0, 0],
  async run(line, io) {
    const named = line.text('by')
    if (named !== undefined && !Object.hasOwn(BY, named))
      throw misused(`--by: it is ${Object.keys(BY).join(', ')}`)
    const By = named === undefined ? undefined : BY[named as keyof typeof BY]
    const IntervalSeconds = secondsOf(line.text('every') ?? '1h')
    const asked = { ...auditFilter(line), IntervalSeconds, ...(By && { By }) }
    const session = openSession(line, io)
    const counts = new Map<string, Counts[number]>()
    // Pages without an end of their own would go on to now, and now moves.
    const To = line.text('to') ?? new Date().toISOString()
    for (let Marker: string | undefined; ; ) {
      const page = await ask(session, 'CountAudit', { ...asked, To, ...(Marker ? { Marker } : {}) })
      for (const { Time, Group, Count } of page.Counts) {
        const known = counts.get(`${Time} ${Group}`)
        counts.set(`${Time} ${Group}`, { Time, Group, Count: (known?.Count ?? 0) + Count })
      }
      if (counts.size > MOST_COUNTS)
        throw failed(
          `there are more than ${MOST_COUNTS} counts: take a longer --every, or a shorter time by --from and --to`,
        )
      Marker = page.NextMarker
      if (Marker === undefined) break
      io.status(`counted back to ${page.CountedTo}`)
    }
    io.status('')
    const Counts = [...counts.values()].sort((a, b) => order(a.Time, b.Time) || order(a.Group, b.Group))
    if (wantsJson(line, io)) io.out(json(io, { Counts }))
    else for (const row of By ? groups(Counts, io) : times(Counts, IntervalSeconds, io)) io.out(row)
    return 0
  },
}

const order = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }

function secondsOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN)
  if (seconds >= 60 && seconds <= 31_536_000) return seconds
  throw misused('--every: is not a time from 1m to 365d, such as 10m, 1h or 7d')
}

const EMPTY = ['nothing was found: widen it with `--from`, or leave a filter out']

/** A line a time, also those without calls in between. */
function times(counts: Counts, seconds: number, io: Io): string[] {
  const first = counts[0]
  if (!first) return EMPTY
  const known = new Map(counts.map(({ Time, Count }) => [Date.parse(Time), Count]))
  const last = Date.parse(counts.at(-1)!.Time)
  const all: (readonly [time: number, count: number])[] = []
  for (let at = last; at >= Date.parse(first.Time) && all.length < MOST_LINES; at -= seconds * 1000)
    all.unshift([at, known.get(at) ?? 0])
  const shown = all.reduce((sum, [, count]) => sum + count, 0)
  const total = counts.reduce((sum, { Count }) => sum + Count, 0)
  const most = Math.max(...all.map(([, count]) => count))
  const wide = Math.max(8, io.columns - 34)
  return [
    ...(shown < total ? [`earlier: ${total - shown} calls; take a longer --every to see them`] : []),
    ...all.map(([at, count]) =>
      `${new Date(at).toISOString().slice(0, 16)}Z ${String(count).padStart(9)}  ${paint(io, 'green', bar(count, most, wide))}`.trimEnd(),
    ),
    `${total} calls`,
  ]
}

/** A line a group, those with the most calls first: how many, and how they lie over the times. */
function groups(counts: Counts, io: Io): string[] {
  if (counts.length === 0) return EMPTY
  const moments = [...new Set(counts.map(({ Time }) => Time))]
  const wide = Math.max(8, Math.min(48, io.columns - 40))
  const rows = [...Map.groupBy(counts, ({ Group }) => Group)]
    .map(([name, of]) => ({
      name: name || '(none)',
      of,
      total: of.reduce((sum, { Count }) => sum + Count, 0),
    }))
    .sort((a, b) => b.total - a.total || order(a.name, b.name))
  const shown = rows.slice(0, MOST_LINES)
  const rest = rows.length - shown.length
  const [first, last] = [moments[0]!.slice(0, 16), moments.at(-1)!.slice(0, 16)]
  return [
    ...shown.map(
      ({ name, of, total }) =>
        `${String(total).padStart(9)}  ${paint(io, 'green', spark(of, moments, wide))}  ${name}`,
    ),
    ...(rest > 0 ? [`and ${rest} more: narrow them with a filter, or see --output json`] : []),
    `from ${first}Z to ${last}Z, the earliest on the left`,
  ]
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** What is not nothing has at least the thinnest bar. */
function bar(count: number, most: number, wide: number): string {
  if (count === 0) return ''
  const eighths = Math.max(1, Math.round((count / most) * wide * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]
}

/** A column for each time, or for as many of them as it takes to keep within the width. */
function spark(of: Counts, moments: readonly string[], wide: number): string {
  const columns = Math.min(moments.length, wide)
  const sums = new Array<number>(columns).fill(0)
  const place = new Map(moments.map((time, i) => [time, Math.floor((i * columns) / moments.length)]))
  for (const { Time, Count } of of) sums[place.get(Time)!]! += Count
  const most = Math.max(...sums)
  return sums.map((sum) => (sum === 0 ? ' ' : LEVELS[Math.ceil((sum / most) * 8) - 1])).join('')
}
