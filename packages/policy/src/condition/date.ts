import type { Comparison, ValueReading } from './types.ts'

/** A point in time. Two numbers, so that fractions of a second of any length stay exact enough to compare. */
interface Instant {
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  readonly seconds: number
  /** Digits of the fraction of a second, padded to nine. */
  readonly nanoseconds: number
}

/**
 * ISO 8601: a date, or a date and a time with optional seconds, fraction (up to nine digits) and offset. Without an
 * offset it is UTC (reference: alibaba-ram B.3, huawei-iam J-18).
 */
const iso = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const whole = /^\d{1,12}$/

function read(text: string, reading: ValueReading): Instant | undefined {
  if (reading.unixSeconds === true && whole.test(text)) return { seconds: Number(text), nanoseconds: 0 }
  const match = iso.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset = 'Z'] = match
  const fields = [
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ] as const
  const date = new Date(0)
  date.setUTCFullYear(fields[0], fields[1], fields[2])
  date.setUTCHours(fields[3], fields[4], fields[5])
  // A field out of range rolls over into the next: the 30th of February is no date.
  const rolled =
    date.getUTCMonth() !== fields[1] ||
    date.getUTCDate() !== fields[2] ||
    date.getUTCHours() !== fields[3] ||
    date.getUTCMinutes() !== fields[4] ||
    date.getUTCSeconds() !== fields[5]
  if (rolled) return undefined
  const shift = offsetSeconds(offset)
  if (shift === undefined) return undefined
  return { seconds: date.getTime() / 1000 - shift, nanoseconds: Number(fraction.padEnd(9, '0')) }
}

function offsetSeconds(offset: string): number | undefined {
  if (offset === 'Z') return 0
  const hours = Number(offset.slice(1, 3))
  const minutes = Number(offset.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

function comparison(holds: (order: number) => boolean): Comparison {
  return Object.freeze<Comparison>({
    kind: 'date',
    readable: (value, reading) => read(value, reading) !== undefined,
    compile: (values, reading) => {
      const wanted = values.map((value) => read(value, reading)!)
      return (value) => {
        const actual = read(value, reading)
        if (actual === undefined) return undefined
        for (const want of wanted) {
          if (holds(actual.seconds - want.seconds || actual.nanoseconds - want.nanoseconds)) return true
        }
        return false
      }
    },
  })
}

export const dateEquals = comparison((order) => order === 0)
export const dateLess = comparison((order) => order < 0)
export const dateLessEquals = comparison((order) => order <= 0)
export const dateGreater = comparison((order) => order > 0)
export const dateGreaterEquals = comparison((order) => order >= 0)
