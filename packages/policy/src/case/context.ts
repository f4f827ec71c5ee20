import type { ConditionContext, ContextValue } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import { normalizeConditionKey } from '../service/catalogue.ts'

/** Values of condition keys by name, in any letter case. */
export type ContextValues = Readonly<
  Record<string, ContextValue | (() => ContextValue | undefined) | undefined>
>

/** Keys that also stand without the name that follows them (`kms:tag`), and then mean all that stand with one. */
const standAlone = new Set(
  Object.values(languages)
    .flatMap(({ catalogue }) => catalogue.services.flatMap((service) => service.conditionKeys))
    .filter(({ suffix }) => suffix?.optional)
    .map(({ name }) => normalizeConditionKey(name)),
)

/**
 * A context over a plain record; a function is called when a policy looks at its key. `kms:tag` without a tag name has the
 * values of every tag, unless the record names it itself.
 */
export function conditionContext(values: ContextValues): ConditionContext {
  const normal = new Map(Object.entries(values).map(([key, value]) => [normalizeConditionKey(key), value]))
  const read = (key: string): ContextValue | undefined => {
    const value = normal.get(key)
    return typeof value === 'function' ? value() : value
  }
  return Object.freeze({
    get(key: string) {
      const value = read(key)
      if (value !== undefined || normal.has(key) || !standAlone.has(key)) return value
      const named = [...normal.keys()].filter((other) => other.startsWith(`${key}/`))
      const all = named.flatMap((other) => read(other) ?? [])
      return all.length > 0 ? all : undefined
    },
  })
}
