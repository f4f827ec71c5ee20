import type { KeywardOutputs } from '@keyward/server/client'
import { AUDIT_FILTERS, auditFilter } from './audit-filter.ts'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import { asJson, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

type Entries = KeywardOutputs['SearchAudit']['Entries']

const DEFAULT_ENTRIES = 100

/** Searches the audit of the account, through the service. */
export const auditSearch: Command = {
  name: 'audit search',
  usage: '[--caller ARN] [--operation NAME] [--outcome CODE] [--from TIME] [--to TIME] [--limit N]',
  about:
    'Shows entries of the audit of the account, the newest first: who called what, on what, with which outcome. The service looks for them; the call is decided (`keyward:SearchAudit`) and audited as every call is.\nEntries are chained up to a moment after their call is answered, and found from then on.',
  examples: [
    ['keyward audit search --outcome AccessDenied', 'who was refused within a day'],
    ['keyward audit search --operation kms:Decrypt --from 2026-11-01T00:00:00Z', 'who decrypted this month'],
  ],
  flags: [
    ...sessionFlags,
    ...AUDIT_FILTERS,
    {
      name: 'limit',
      type: 'text',
      value: 'N',
      description: `Entries at most; ${DEFAULT_ENTRIES} when left out.`,
    },
    asJson,
  ],
  words: [0, 0],
  async run(line, io) {
    const limit = Number(line.text('limit') ?? DEFAULT_ENTRIES)
    if (!Number.isSafeInteger(limit) || limit < 1) throw misused('--limit: is not a number from 1 on')
    const filter = auditFilter(line)
    const session = openSession(line, io)
    const entries: Entries = []
    for (let Marker: string | undefined; ; ) {
      const MaxItems = Math.min(1000, limit - entries.length)
      const page = await ask(session, 'SearchAudit', { ...filter, MaxItems, ...(Marker ? { Marker } : {}) })
      entries.push(...page.Entries)
      Marker = page.NextMarker
      if (Marker === undefined || entries.length >= limit) break
    }
    if (wantsJson(line, io)) io.out(json(io, { Entries: entries }))
    else for (const row of described(entries, io)) io.out(row)
    return 0
  },
}

function described(entries: Entries, io: Io): string[] {
  if (entries.length === 0) return ['nothing was found: widen it with `--from`, or leave a filter out']
  return entries.map(({ Time, Outcome, Operation, Caller, Checks }) => {
    const outcome = paint(io, Outcome === 'Success' ? 'green' : 'red', Outcome)
    return `${Time}  ${outcome}  ${Operation}  ${Caller}  ${Checks[0]?.Resource ?? ''}`.trimEnd()
  })
}
