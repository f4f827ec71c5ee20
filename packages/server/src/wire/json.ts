/** No operation's input nests deeper. */
const MAX_DEPTH = 32

/**
 * Parses JSON text. Undefined for what is not JSON, and for what nests so deeply that whoever walks it later (a
 * validator, the audit) could run out of stack.
 */
export function parseJson(text: string): unknown {
  if (text.length > MAX_DEPTH && isDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDeep(text: string): boolean {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x5b || code === 0x7b) {
      depth++
      if (depth > MAX_DEPTH) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}
