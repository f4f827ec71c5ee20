import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { readLastUses, type UsedThing } from './last-use-rows.ts'

const text = Type.String()

const input = Type.Object(
  {
    Kind: Type.Union([
      Type.Literal('key'),
      Type.Literal('secret'),
      Type.Literal('access-key'),
      Type.Literal('role'),
    ]),
    /** Only what was not used from this time on, ISO 8601: what nobody may need any more. */
    UnusedSince: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    /** `NextMarker` of the page before. */
    Marker: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    MaxItems: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  },
  { additionalProperties: false },
)

/** When the keys, secrets, access keys and roles of the account were last used, up to a minute late. */
export const listLastUses = readOperation({
  name: 'keyward:ListLastUses',
  summary:
    'List when the keys, secrets, access keys or roles of the account were last used, a page at a time',
  effect: 'read',
  input,
  output: Type.Object({
    Uses: Type.Array(
      Type.Object({
        /** ARN; of an access key its id. */
        Resource: text,
        /** The description of a key, the name of a secret or a role, the user of an access key. */
        Name: text,
        CreatedAt: text,
        /** Empty: not since uses are written down. */
        LastUsedAt: text,
      }),
    ),
    /** From when on uses are written down in this database: an older one is not known. */
    NotedSince: text,
    /** There is more to look at; the page may be empty all the same. */
    NextMarker: Type.Optional(text),
  }),
  resolve: () => undefined,
  checks: ({ caller }) => [
    {
      language: 'ram',
      action: 'keyward:ListLastUses',
      resource: `acs:keyward:*:${caller.account.uid}:last-use`,
      owner: caller.account.uid,
      facts: {},
    },
  ],
  async work({ caller, store }, { Kind, MaxItems = 100, Marker = '', UnusedSince }: Static<typeof input>) {
    const since = UnusedSince === undefined ? Number.POSITIVE_INFINITY : Date.parse(UnusedSince)
    if (Number.isNaN(since))
      throw refuse({
        code: 'InvalidParameter',
        name: 'UnusedSince',
        detail: 'UnusedSince must be a time such as 2030-01-31T12:00:00Z',
      })
    const { things, notedSince } = await readLastUses(store.read, caller.account, Kind, Marker, MaxItems)
    const shown = things.filter(({ usedAt }) => (usedAt ?? 0) < since)
    return {
      Uses: shown.map(described),
      NotedSince: iso(notedSince),
      ...(things.length === MaxItems && { NextMarker: things.at(-1)!.id }),
    }
  },
  example: { Kind: 'key' },
})

function described({ resource, name, createdAt, usedAt }: UsedThing) {
  return { Resource: resource, Name: name, CreatedAt: iso(createdAt), LastUsedAt: iso(usedAt) }
}

function iso(at: number | undefined): string {
  return at === undefined ? '' : new Date(at).toISOString()
}
