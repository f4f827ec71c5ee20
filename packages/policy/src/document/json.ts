import { type Node, parseTree } from 'jsonc-parser'
import { jsonFault } from './json-fault.ts'
import { type Repaired, repairJson } from './json-repair.ts'
import { surveyJson } from './json-survey.ts'
import type { Report } from './syntax.ts'

/** Nesting beyond this is no policy; it is refused before a recursive reader sees it. */
const deepest = 32

/**
 * Reads JSON (RFC 8259, nothing more) into nodes with offsets, and tells what keeps a text from being JSON: one finding a
 * cause. A text that only holds look-alikes of JSON's signs is read as if it held the signs, so that everything else that
 * is wrong is found as well. INVARIANT: what is returned without a finding is JSON.
 */
export function readJson(text: string, to: Report): Node | undefined {
  const json = isJson(text) ? text : mended(text, to)
  if (json === undefined) return undefined
  if (surveyJson(json, deepest) === undefined) {
    to.add('JSON_SYNTAX_ERROR', { offset: 0, length: 1 }, `nested deeper than ${deepest} levels`)
    return undefined
  }
  return parseTree(json)
}

function mended(text: string, to: Report): string | undefined {
  const ways = [repairJson(text, false), repairJson(text, true)]
  const whole = ways.find((way) => isJson(way.text))
  if (whole) {
    tell(whole.blemishes, to)
    return whole.text
  }
  const [{ text: rest, blemishes }] = ways as [Repaired]
  const fault = jsonFault(rest)!
  // What stands behind the first fault may be its consequence, and a fault behind an odd quote the quote's.
  const before = blemishes.filter(({ offset }) => offset < fault.offset)
  tell(before, to)
  if (!before.some(({ quotes }) => quotes)) tell([fault], to)
  return undefined
}

function tell(
  faults: readonly { readonly offset: number; readonly length: number; readonly why: string }[],
  to: Report,
) {
  for (const { offset, length, why } of faults)
    to.add('JSON_SYNTAX_ERROR', { offset, length }, `not JSON: ${why}`)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
