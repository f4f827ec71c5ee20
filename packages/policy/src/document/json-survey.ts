/**
 * Looks over a text before a recursive reader gets it: in one pass, without memory of its own. Answers the colons outside
 * of strings, which in JSON are one a member; undefined where it nests deeper or holds more values than it may. Of a text
 * that is not JSON it may answer either.
 */
export function surveyJson(
  text: string,
  deepest: number,
  most = Number.POSITIVE_INFINITY,
): number | undefined {
  let depth = 0
  let colons = 0
  let values = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x3a) colons++
    else if (code === 0x2c) {
      values++
      if (values >= most) return undefined
    } else if (code === 0x5b || code === 0x7b) {
      depth++
      values++
      if (depth > deepest || values >= most) return undefined
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return colons
}
