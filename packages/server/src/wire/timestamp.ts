/** How far a signed timestamp may lie from the machine's clock, either way, in milliseconds. */
export const CLOCK_WINDOW = 15 * 60_000

function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Reads `yyyy-MM-ddTHH:mm:ssZ` as milliseconds since the epoch; undefined for anything else, or no such time. */
export const parseTimestamp = remembering((text) => {
  if (text.length !== 20 || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T') return undefined
  if (text[13] !== ':' || text[16] !== ':' || text[19] !== 'Z') return undefined
  return toTime(
    digits(text, 0, 4),
    digits(text, 5, 2),
    digits(text, 8, 2),
    digits(text, 11, 2),
    digits(text, 14, 2),
    digits(text, 17, 2),
  )
})

/** Reads `yyyyMMddTHHmmssZ`, the basic form that the Huawei wire signs. */
export const parseBasicTimestamp = remembering((text) => {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined
  return toTime(
    digits(text, 0, 4),
    digits(text, 4, 2),
    digits(text, 6, 2),
    digits(text, 9, 2),
    digits(text, 11, 2),
    digits(text, 13, 2),
  )
})

/** Calls that come within a second say the same time: what the last text meant is kept. */
function remembering(parse: (text: string) => number | undefined): (text: string) => number | undefined {
  let last = ''
  let meant: number | undefined
  return (text) => {
    if (text === last) return meant
    const found = parse(text)
    if (found !== undefined) {
      last = text
      meant = found
    }
    return found
  }
}

function toTime(y: number, mo: number, d: number, h: number, mi: number, s: number): number | undefined {
  if (!(y >= 1970 && mo >= 1 && mo <= 12 && d >= 1 && d <= 31 && h <= 23 && mi <= 59 && s <= 59))
    return undefined
  const time = Date.UTC(y, mo - 1, d, h, mi, s)
  // 31 February is no day.
  return new Date(time).getUTCDate() === d ? time : undefined
}
