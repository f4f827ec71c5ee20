import { surveyJson } from '@keyward/policy'

/** No operation's input nests deeper. */
const MAX_DEPTH = 32

/** More members and items than any input has, the longest batch and the largest world included. */
export const MAX_VALUES = 20_000

/**
 * Parses JSON text of an authenticated caller. Undefined for what is not JSON; for what nests so deeply that whoever walks it later (a validator, the
 * audit) could run out of stack; for more values than {@link MAX_VALUES}, each of which costs many times its bytes; and for an object that has a member twice, of which two readers of one request could
 * take different ones.
 */
export function parseJson(text: string): unknown {
  const colons = surveyJson(text, MAX_DEPTH, MAX_VALUES)
  if (colons === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return countMembers(value) === colons ? value : undefined
}

/** Members of all objects in a value. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  let count = Array.isArray(value) ? 0 : inner.length
  for (const one of inner) count += countMembers(one)
  return count
}

/** The first member that an object of a JSON text has twice, to name it; undefined where the text is refused for more. */
export function repeatedMember(text: string): string | undefined {
  if (surveyJson(text, MAX_DEPTH, MAX_VALUES) === undefined || !isJson(text)) return undefined
  const open: Set<string>[] = []
  let last = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) {
      const end = endOfText(text, i)
      last = text.slice(i, end + 1)
      i = end
    } else if (code === 0x5b || code === 0x7b) open.push(new Set())
    else if (code === 0x5d || code === 0x7d) open.pop()
    else if (code === 0x3a) {
      const name = JSON.parse(last) as string
      if (open.at(-1)?.has(name)) return name
      open.at(-1)?.add(name)
    }
  }
  return undefined
}

/** The closing quote of the text that starts at `from`. */
function endOfText(text: string, from: number): number {
  let i = from + 1
  while (text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1
  return i
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
