import { compileGlob } from '../match/glob.ts'
import type { Comparison, ValueTest } from './types.ts'

const readable = () => true

function oneOf(values: readonly string[]): ValueTest {
  const [only] = values
  if (values.length === 1) return (value) => value === only
  const set = new Set(values)
  return (value) => set.has(value)
}

/** Identical, letter case included. */
export const equals: Comparison = Object.freeze<Comparison>({ kind: 'string', readable, compile: oneOf })

/** Identical but for letter case. */
export const equalsIgnoreCase: Comparison = Object.freeze<Comparison>({
  kind: 'string',
  readable,
  compile: (values) => {
    const test = oneOf(values.map((value) => value.toLowerCase()))
    return (value) => test(value.toLowerCase())
  },
})

/** `*` and `?` in the policy value are wildcards; in the request value they are plain characters. */
export const like: Comparison = Object.freeze<Comparison>({
  kind: 'string',
  wildcards: true,
  readable,
  compile: (values) => {
    const globs = values.map(compileGlob)
    const [only] = globs
    if (globs.length === 1) return only!.matches
    return (value) => globs.some((glob) => glob.matches(value))
  },
})

/** Starts with the policy value; legacy iam documents only. */
export const startsWith: Comparison = Object.freeze<Comparison>({
  kind: 'string',
  readable,
  compile: (values) => (value) => values.some((start) => value.startsWith(start)),
})

/** Ends with the policy value; legacy iam documents only. */
export const endsWith: Comparison = Object.freeze<Comparison>({
  kind: 'string',
  readable,
  compile: (values) => (value) => values.some((end) => value.endsWith(end)),
})
