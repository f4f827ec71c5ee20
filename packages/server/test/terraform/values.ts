import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'

// The values in tables of lives: what is sent is filled with what earlier steps kept; what is awaited may say the kind of a
// value in place of the value.

// biome-ignore lint/suspicious/noExplicitAny: parsed JSON of every call
export type Value = any
export type Kept = Readonly<Record<string, Value>>

const NAME = /\{([a-z]\w*)\}/gi

/**
 * Puts what was kept where its name stands in braces. `{"$json": VALUE}` becomes its JSON text.
 * Raises Error for a name that no step kept.
 */
export function filled(value: Value, kept: Kept): Value {
  if (typeof value === 'string') {
    const take = (name: string) => {
      if (!(name in kept)) throw new Error(`no step kept {${name}}`)
      return kept[name]
    }
    const whole = /^\{([a-z]\w*)\}$/i.exec(value)
    return whole ? take(whole[1]!) : value.replace(NAME, (_, name: string) => String(take(name)))
  }
  if (Array.isArray(value)) return value.map((item) => filled(item, kept))
  if (typeof value !== 'object' || value === null) return value
  if ('$json' in value) return JSON.stringify(filled(value.$json, kept))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member, kept)]))
}

/**
 * The member that a path leads to: `Users.User[0].UserName`, or `[NAME=VALUE]` for the item of a list that has this member.
 * What is not there is null, as it is for a client that reads into a structure of its own.
 */
export function picked(body: Value, path: string): Value {
  const parts = path.match(/\[[^\]]*\]|[^.[\]]+/g) ?? []
  return parts.reduce((at: Value, part) => {
    if (at === undefined || at === null) return null
    if (!part.startsWith('[')) return at[part] ?? null
    const [name = '', wanted] = part.slice(1, -1).split('=')
    if (wanted === undefined) return at[Number(name)] ?? null
    return at.find((item: Value) => String(item[name]) === wanted) ?? null
  }, body)
}

const KINDS: Readonly<Record<string, Value>> = {
  '<text>': expect.stringMatching(/./),
  '<time>': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
  '<number>': expect.any(Number),
  '<list>': expect.any(Array),
  '<any>': expect.toSatisfy(() => true),
}

/** What an answer is compared with: kinds, `{"$json": VALUE}` for any text that means it, `{"$has": MEMBERS}`. */
export function awaited(value: Value, kept: Kept): Value {
  if (typeof value === 'string') return KINDS[value] ?? filled(value, kept)
  if (Array.isArray(value)) return value.map((item) => awaited(item, kept))
  if (typeof value !== 'object' || value === null) return value
  if ('$json' in value) {
    const wanted = filled(value.$json, kept)
    return expect.toSatisfy((text: unknown) => isDeepStrictEqual(JSON.parse(String(text)), wanted))
  }
  const members = Object.fromEntries(
    Object.entries(value.$has ?? value).map(([name, member]) => [name, awaited(member, kept)]),
  )
  return value.$has ? expect.objectContaining(members) : members
}
