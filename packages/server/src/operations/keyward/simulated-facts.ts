import { conditionKeyInfo, globalConditionKeys, normalizeConditionKey } from '@keyward/policy'
import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import type { Connection } from '../../pipeline/connection.ts'
import type { Check, FactValue } from '../../pipeline/operation.ts'

/** A condition key and its values. The values may be those of an encryption context: no audit entry has them. */
export const Fact = Type.Object(
  {
    Key: Type.String({ minLength: 1, maxLength: 256 }),
    Values: Secret(Type.Array(Type.String({ maxLength: 2048 }), { minItems: 1, maxItems: 50 })),
  },
  { additionalProperties: false },
)

/** By normal form of the key. */
export type GivenFacts = ReadonlyMap<string, FactValue>

/** Raises `InvalidParameter` for a key that comes twice. */
export function readFacts(facts: readonly Static<typeof Fact>[]): GivenFacts {
  const given = new Map<string, FactValue>()
  for (const { Key, Values } of facts) {
    const key = normalizeConditionKey(Key)
    if (given.has(key)) throw wrong(`the condition key \`${Key}\` comes twice`)
    given.set(key, Values.length === 1 ? Values[0]! : Values)
  }
  return given
}

/** The check with the given values in the place of its own. */
export function withFacts(check: Check, given: GivenFacts): Check {
  const facts = Object.fromEntries(given)
  // No access key signs it, and an empty one is none.
  return { ...check, facts: { ...check.facts, 'acs:AccessId': () => undefined, ...facts } }
}

/** What the service says of a resource itself, in normal form; tags follow a `/`. */
const OF_RESOURCES = /^kms:(keyspec|keyusage|keyorigin|secrettype|tag|tlsversion)(\/|$)/

/**
 * Of another account's resource only what a request says may be given: else its policy could be asked, value by value,
 * what it is that it looks at. Raises `InvalidParameter`.
 */
export function assertAskable({ language }: Check, given: GivenFacts): void {
  const global = new Set(globalConditionKeys(language).map(({ name }) => name.toLowerCase()))
  for (const key of given.keys()) {
    const known = conditionKeyInfo(language, key)
    if (known && !global.has(known.name.toLowerCase()) && !OF_RESOURCES.test(key)) continue
    throw wrong(
      `\`${key}\` cannot be given for a resource of another account, only what the request itself would say`,
    )
  }
}

/** The connection that the given values describe; the asking call's where they say nothing. Both languages read it. */
export function simulatedConnection(connection: Connection, given: GivenFacts): Connection {
  const text = (...keys: string[]) => {
    const value = keys.map((key) => given.get(key)).find((one) => one !== undefined)
    return typeof value === 'string' ? value : undefined
  }
  const address = text('acs:sourceip', 'g:sourceip', 'acs:vpcsourceip', 'g:vpcsourceip')
  const time = Date.parse(text('acs:currenttime', 'g:currenttime') ?? '')
  const secure = text('acs:securetransport', 'g:securetransport')
  const version = text('kms:tlsversion')
  const agent = text('acs:useragent', 'g:useragent')
  const referer = text('acs:referer', 'g:referer')
  const plain =
    secure === 'false' ? '0' : secure === 'true' && connection.tlsVersion === '0' ? '1.3' : undefined
  return {
    ...connection,
    ...(address === undefined ? {} : { sourceAddress: address }),
    ...(Number.isNaN(time) ? {} : { receivedAt: time }),
    tlsVersion: version ?? plain ?? connection.tlsVersion,
    ...(agent === undefined ? {} : { userAgent: agent }),
    ...(referer === undefined ? {} : { referer }),
  }
}

function wrong(detail: string) {
  return refuse({ code: 'InvalidParameter', name: 'Facts', detail })
}
