/**
 * Readings of single values, written apart from the engine and as plainly as possible. Nothing here is imported from
 * the engine, and nothing is fast.
 */

/** All ways to match by trying every length for every star. */
export function globMatches(pattern: readonly string[], text: readonly string[]): boolean {
  const table = Array.from({ length: pattern.length + 1 }, () =>
    new Array<boolean>(text.length + 1).fill(false),
  )
  table[0]![0] = true
  for (let p = 1; p <= pattern.length; p++) {
    for (let t = 0; t <= text.length; t++) {
      const c = pattern[p - 1]!
      if (c === '*') table[p]![t] = table[p - 1]![t]! || (t > 0 && table[p]![t - 1]!)
      else table[p]![t] = t > 0 && table[p - 1]![t - 1]! && (c === '?' || c === text[t - 1])
    }
  }
  return table[pattern.length]![text.length]!
}

export function glob(pattern: string, text: string): boolean {
  return globMatches(Array.from(pattern), Array.from(text))
}

/** A number as a fraction of two integers, so that nothing is rounded. */
export function decimal(text: string): { over: bigint; under: bigint } | undefined {
  const parts = /^([+-]?)([0-9]+)(?:\.([0-9]+))?$/.exec(text)
  if (!parts) return undefined
  const digits = BigInt(parts[2]! + (parts[3] ?? ''))
  return { over: parts[1] === '-' ? -digits : digits, under: 10n ** BigInt((parts[3] ?? '').length) }
}

export function compareDecimals(a: string, b: string): -1 | 0 | 1 | undefined {
  const x = decimal(a)
  const y = decimal(b)
  if (!x || !y) return undefined
  const left = x.over * y.under
  const right = y.over * x.under
  return left < right ? -1 : left > right ? 1 : 0
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Nanoseconds since 1970, counted day by day. */
export function instant(text: string, unixSeconds: boolean): bigint | undefined {
  if (unixSeconds && /^[0-9]{1,12}$/.test(text)) return BigInt(text) * 1_000_000_000n
  const m =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})(T([0-9]{2}):([0-9]{2})(:([0-9]{2})([.]([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$/.exec(
      text,
    )
  if (!m) return undefined
  const year = Number(m[1])
  const month = Number(m[2])
  const day = Number(m[3])
  const leap = (y: number) => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0
  if (month < 1 || month > 12) return undefined
  if (day < 1 || day > monthLengths[month - 1]! + (month === 2 && leap(year) ? 1 : 0)) return undefined
  let days = 0
  for (let y = 1970; y < year; y++) days += leap(y) ? 366 : 365
  for (let y = year; y < 1970; y++) days -= leap(y) ? 366 : 365
  for (let k = 1; k < month; k++) days += monthLengths[k - 1]! + (k === 2 && leap(year) ? 1 : 0)
  days += day - 1
  const hour = Number(m[5] ?? 0)
  const minute = Number(m[6] ?? 0)
  const second = Number(m[8] ?? 0)
  if (hour > 23 || minute > 59 || second > 59) return undefined
  let seconds = days * 86400 + hour * 3600 + minute * 60 + second
  const zone = m[11]
  if (zone && zone !== 'Z') {
    const digits = zone.replace(/[^0-9]/g, '')
    const zoneHour = Number(digits.slice(0, 2))
    const zoneMinute = Number(digits.slice(2))
    if (zoneHour > 23 || zoneMinute > 59) return undefined
    seconds -= (zone[0] === '-' ? -1 : 1) * (zoneHour * 3600 + zoneMinute * 60)
  }
  return BigInt(seconds) * 1_000_000_000n + BigInt((m[10] ?? '').padEnd(9, '0'))
}

/** An address as a string of bits behind its family. */
export function addressBits(text: string): { family: 4 | 6; bits: string } | undefined {
  const four = fourBits(text)
  if (four) return { family: 4, bits: four }
  let rest = text
  let last = ''
  const dotted = /^(.*:)([0-9.]+)$/.exec(text)
  if (dotted !== null && dotted[2]!.includes('.')) {
    const bits = fourBits(dotted[2]!)
    if (!bits) return undefined
    last = bits
    rest = `${dotted[1]}0:0`
  }
  const halves = rest.split('::')
  if (halves.length > 2) return undefined
  const groups = (half: string) => (half === '' ? [] : half.split(':'))
  const left = groups(halves[0]!)
  const right = halves.length === 2 ? groups(halves[1]!) : []
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [...left, ...new Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...right]
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  let bits = all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
  if (last) bits = bits.slice(0, 96) + last
  if (bits.startsWith('0'.repeat(80) + '1'.repeat(16))) return { family: 4, bits: bits.slice(96) }
  return { family: 6, bits }
}

function fourBits(text: string): string | undefined {
  const parts = text.split('.')
  if (
    parts.length !== 4 ||
    !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
  ) {
    return undefined
  }
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('')
}

/** Whether an address lies in a block; undefined when the address is none. */
export function inBlock(address: string, block: string): boolean | undefined {
  const at = addressBits(address)
  if (!at) return undefined
  const [base, length] = block.split('/') as [string, string?]
  const of = addressBits(base)!
  if (of.family !== at.family) return false
  let ones = length === undefined ? of.bits.length : Number(length)
  if (length !== undefined && of.family === 4 && base.includes(':')) ones -= 96
  return at.bits.slice(0, ones) === of.bits.slice(0, ones)
}

/** A boolean, in any letter case. */
export function truth(text: string): boolean | undefined {
  if (/^true$/i.test(text)) return true
  if (/^false$/i.test(text)) return false
  return undefined
}
