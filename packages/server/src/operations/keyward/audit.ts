import { type Static, Type } from 'typebox'
import type { AuditEntry } from '../../audit/audit.ts'
import { type AuditPlace, type AuditWanted, searchAudit } from '../../audit/search.ts'
import { refuse } from '../../base/problem.ts'
import { type Check, readOperation } from '../../pipeline/operation.ts'
import type { CheckScope, Scope } from '../../pipeline/scope.ts'

/** Entries that one call looks at, at most: a search for what is rare goes on in the next call. */
const MOST_LOOKED_AT = 20_000
const DAY = 86_400_000
/** Times and groups that one call counts apart. */
const MOST_COUNTS = 2000

const Word = Type.String({ minLength: 1, maxLength: 512 })
const filter = {
  /** ISO 8601. A day ago, and now, when left out. */
  From: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
  To: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
  /** As in `kms:Encrypt`. */
  Operation: Type.Optional(Word),
  /** ARN or URN, or an access key. */
  Caller: Type.Optional(Word),
  /** Of a check of the call. `Action` is the name of the call itself on the wire. */
  AuthAction: Type.Optional(Word),
  AuthResource: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  /** `Success`, or the code of a problem such as `AccessDenied`. */
  Outcome: Type.Optional(Word),
}

const closed = { additionalProperties: false }

const EntryOutput = Type.Object({
  /** Where it stands: the chain, the number of the batch in it, and of the entry in the batch. */
  Chain: Type.String(),
  Batch: Type.Integer(),
  Entry: Type.Integer(),
  Time: Type.String(),
  RequestId: Type.String(),
  Operation: Type.String(),
  Caller: Type.String(),
  AccessKeyId: Type.String(),
  Source: Type.String(),
  Outcome: Type.String(),
  Checks: Type.Array(
    Type.Object({
      Action: Type.String(),
      Resource: Type.String(),
      Decision: Type.String(),
      Reason: Type.String(),
      /** Layer, policy and statement that decided; empty where none did. */
      By: Type.String(),
    }),
  ),
})

/** The audit of the caller's account: a policy that names nothing else allows to read it. */
function auditCheck({ caller }: CheckScope, action: string): readonly Check[] {
  const { uid } = caller.account
  return [
    {
      language: 'ram',
      action: `keyward:${action}`,
      resource: `acs:keyward:*:${uid}:audit`,
      owner: uid,
      facts: {},
    },
  ]
}

const FilterInput = Type.Object(filter, closed)

function wantedBy({ caller, clock }: Scope, input: Static<typeof FilterInput>): AuditWanted {
  const now = clock.now()
  const from = timeOf('From', input.From, now - DAY)
  const to = timeOf('To', input.To, now)
  if (from > to) throw refuse({ code: 'InvalidParameter', name: 'From', detail: 'From lies after To' })
  return {
    account: caller.account.uid,
    from,
    to,
    operation: input.Operation,
    caller: input.Caller,
    action: input.AuthAction,
    resource: input.AuthResource,
    outcome: input.Outcome,
  }
}

function timeOf(name: string, text: string | undefined, otherwise: number): number {
  const time = text === undefined ? otherwise : Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw refuse({
    code: 'InvalidParameter',
    name,
    detail: `${name} must be a time such as 2030-01-31T12:00:00Z`,
  })
}

/** Entries of the account's calls, the newest first. */
export const searchAuditOperation = readOperation({
  name: 'keyward:SearchAudit',
  summary: 'Search the audit of the account: who called what, on what, with which outcome, and when',
  effect: 'read',
  input: Type.Object(
    {
      ...filter,
      /** `NextMarker` of the page before. */
      Marker: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
      MaxItems: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    closed,
  ),
  output: Type.Object({
    Entries: Type.Array(EntryOutput),
    /** There is more to look at; the page may be empty all the same. */
    NextMarker: Type.Optional(Type.String()),
  }),
  resolve: () => undefined,
  checks: (scope) => auditCheck(scope, 'SearchAudit'),
  async work(scope, { Marker, MaxItems = 100, ...input }) {
    const wanted = wantedBy(scope, input)
    const before = Marker === undefined ? undefined : placeOf(Marker)
    const Entries: Static<typeof EntryOutput>[] = []
    let looked = 0
    for await (const found of searchAudit(scope.store.read, wanted, before)) {
      if ('passed' in found) {
        looked += found.entries
        if (looked >= MOST_LOOKED_AT) return { Entries, NextMarker: markerOf(found.passed) }
        continue
      }
      Entries.push(shown(found, found.value))
      if (Entries.length === MaxItems) return { Entries, NextMarker: markerOf(found) }
    }
    return { Entries }
  },
  example: {},
})

/** How many calls there were, by time and by what they have in common. */
export const countAudit = readOperation({
  name: 'keyward:CountAudit',
  summary: 'Count the calls of the account over time, by action, operation, outcome or caller',
  effect: 'read',
  input: Type.Object(
    {
      ...filter,
      /** What is counted apart. `Action` is the first that the call was decided on. */
      By: Type.Optional(
        Type.Union([
          Type.Literal('Action'),
          Type.Literal('Operation'),
          Type.Literal('Outcome'),
          Type.Literal('Caller'),
        ]),
      ),
      /** Length of the times that are counted apart, in seconds; an hour when left out. */
      IntervalSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_536_000 })),
      Marker: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    },
    closed,
  ),
  output: Type.Object({
    Counts: Type.Array(Type.Object({ Time: Type.String(), Group: Type.String(), Count: Type.Integer() })),
    /** Not everything was looked at: what the next call counts comes on top. */
    NextMarker: Type.Optional(Type.String()),
    /** Back to when it was counted. */
    CountedTo: Type.String(),
  }),
  resolve: () => undefined,
  checks: (scope) => auditCheck(scope, 'CountAudit'),
  async work(scope, { By, IntervalSeconds = 3600, Marker, ...input }) {
    const wanted = wantedBy(scope, input)
    const before = Marker === undefined ? undefined : placeOf(Marker)
    const counts = new Map<string, { Time: string; Group: string; Count: number }>()
    let looked = 0
    let NextMarker: string | undefined
    let countedTo = wanted.from
    for await (const found of searchAudit(scope.store.read, wanted, before)) {
      if ('passed' in found) {
        looked += found.entries
        NextMarker =
          looked >= MOST_LOOKED_AT || counts.size >= MOST_COUNTS ? markerOf(found.passed) : undefined
        if (NextMarker === undefined) continue
        countedTo = Math.max(wanted.from, found.passed.time)
        break
      }
      const { time, operation, outcome, caller, checks } = found.value
      const step = IntervalSeconds * 1000
      const Time = new Date(Math.floor(Date.parse(time) / step) * step).toISOString()
      const groups = {
        Action: checks[0]?.action ?? '',
        Operation: operation,
        Outcome: outcome,
        Caller: caller,
      }
      const Group = By === undefined ? '' : groups[By]
      const count = counts.get(`${Time} ${Group}`)
      if (count) count.Count += 1
      else counts.set(`${Time} ${Group}`, { Time, Group, Count: 1 })
    }
    const Counts = [...counts.values()].sort((a, b) =>
      a.Time === b.Time ? (a.Group < b.Group ? -1 : 1) : a.Time < b.Time ? -1 : 1,
    )
    const CountedTo = new Date(countedTo).toISOString()
    return { Counts, CountedTo, ...(NextMarker === undefined ? {} : { NextMarker }) }
  },
  example: {},
})

function shown(place: AuditPlace, value: AuditEntry): Static<typeof EntryOutput> {
  return {
    Chain: place.chain,
    Batch: place.batch,
    Entry: place.entry,
    Time: value.time,
    RequestId: value.requestId,
    Operation: value.operation,
    Caller: value.caller,
    AccessKeyId: value.accessKeyId,
    Source: value.source,
    Outcome: value.outcome,
    Checks: value.checks.map(({ action, resource, decision, reason, by }) => ({
      Action: action,
      Resource: resource,
      Decision: decision,
      Reason: reason,
      By: by ?? '',
    })),
  }
}

// A marker names a place and nothing that its holder may not see: what is shown from there on is filtered again.
function markerOf({ time, chain, batch, entry }: AuditPlace): string {
  return Buffer.from(JSON.stringify([time, chain, batch, entry])).toString('base64url')
}

function placeOf(marker: string): AuditPlace {
  try {
    const [time, chain, batch, entry] = JSON.parse(Buffer.from(marker, 'base64url').toString('utf8'))
    const numbers = [time, batch, entry].every((one) => Number.isSafeInteger(one))
    if (numbers && typeof chain === 'string') return { time, chain, batch, entry }
  } catch {
    // Said below.
  }
  throw refuse({
    code: 'InvalidParameter',
    name: 'Marker',
    detail: 'Marker must be the NextMarker of a page',
  })
}
