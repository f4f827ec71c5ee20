import type { Comparison } from './types.ts'

/** A decimal number of any size, compared exactly. */
interface Decimal {
  /** Nearest double. INVARIANT: rounding is monotone, so two that differ here differ in the same direction. */
  readonly near: number
  readonly text: string
}

const shape = /^[+-]?\d+(\.\d+)?$/

function read(text: string): Decimal | undefined {
  return shape.test(text) ? { near: Number(text), text } : undefined
}

/** Below, zero or above, as `a` is to `b`. */
function compare(a: Decimal, b: Decimal): number {
  if (a.near !== b.near) return a.near > b.near ? 1 : -1
  const places = Math.max(fraction(a.text).length, fraction(b.text).length)
  const left = scaled(a.text, places)
  const right = scaled(b.text, places)
  return left < right ? -1 : left > right ? 1 : 0
}

function fraction(text: string): string {
  const dot = text.indexOf('.')
  return dot < 0 ? '' : text.slice(dot + 1)
}

function scaled(text: string, places: number): bigint {
  const digits = text.replace(/^[+-]/, '').replace('.', '') + '0'.repeat(places - fraction(text).length)
  return text.startsWith('-') ? -BigInt(digits) : BigInt(digits)
}

function comparison(holds: (order: number) => boolean): Comparison {
  return Object.freeze<Comparison>({
    kind: 'number',
    readable: (value) => shape.test(value),
    compile: (values) => {
      const wanted = values.map((value) => read(value)!)
      return (value) => {
        const actual = read(value)
        if (actual === undefined) return undefined
        for (const want of wanted) if (holds(compare(actual, want))) return true
        return false
      }
    },
  })
}

export const numberEquals = comparison((order) => order === 0)
export const numberLess = comparison((order) => order < 0)
export const numberLessEquals = comparison((order) => order <= 0)
export const numberGreater = comparison((order) => order > 0)
export const numberGreaterEquals = comparison((order) => order >= 0)
