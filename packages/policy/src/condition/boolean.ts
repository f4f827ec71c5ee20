import type { Comparison } from './types.ts'

function read(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

/** The same truth value; `true` and `false` in any letter case are the only values. */
export const bool: Comparison = Object.freeze<Comparison>({
  kind: 'boolean',
  readable: (value) => read(value) !== undefined,
  compile: (values) => {
    const wanted = new Set(values.map(read))
    return (value) => {
      const actual = read(value)
      return actual === undefined ? undefined : wanted.has(actual)
    }
  },
})

/** `Null` looks at presence alone: `"true"` wants the key absent, `"false"` present. The engine knows presence. */
export const presence: Comparison = Object.freeze<Comparison>({ ...bool, kind: 'presence' })
