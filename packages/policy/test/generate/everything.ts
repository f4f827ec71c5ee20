import fc from 'fast-check'
import { globalConditionKeys, services } from '../../src/index.ts'
import type { KeyRow, LanguageRows } from './language.ts'
import { anyCase } from './values.ts'

/** Names that mean everything that the catalogue knows: what is typed by hand elsewhere can leave something out. */
export function catalogued(language: 'ram' | 'iam') {
  const all = services(language)
  const actions = all.flatMap((service) => service.actions)
  const free = all.flatMap((service) => service.free ?? [])
  const aliases = [...new Set(actions.flatMap((action) => action.aliases))]
  const names = actions.map(({ name }) => name)
  /** `kms:*`, `kps:SSHKeyPair:*`, `kps:*:get*`: parts of a name that are left open. */
  const open = (name: string) =>
    fc.tuple(fc.nat(), fc.nat(2)).map(([at, how]) => {
      const parts = name.split(':')
      const index = how === 0 ? 1 : parts.length - 1
      const text = parts[index]!
      return parts
        .map((part, i) => (i === index ? `${text.slice(0, at % (text.length + 1))}*` : part))
        .join(':')
    })
  const pattern = (list: readonly string[]) =>
    fc
      .constantFrom(...list)
      .chain((name) => fc.oneof({ weight: 3, arbitrary: fc.constant(name) }, open(name)))
  return {
    actions: anyCase(fc.constantFrom(...names, ...aliases, ...free)),
    patterns: anyCase(pattern([...names, ...aliases])),
    legacy: anyCase(pattern(aliases.length > 0 ? [...aliases, ...names] : names)),
    keys: keyRows(language),
  }
}

const kinds = {
  string: ['string', 'glob'],
  number: ['number'],
  date: ['date'],
  boolean: ['boolean'],
  address: ['address'],
} as const

function keyRows(language: 'ram' | 'iam'): readonly KeyRow[] {
  const keys = [...globalConditionKeys(language), ...services(language).flatMap((one) => one.conditionKeys)]
  return keys.map(({ name, type, multiValued, suffix, unixSeconds }) => ({
    name: suffix ? `${name}${suffix.separator}Name` : name,
    kinds: unixSeconds ? ['number', 'seconds'] : kinds[type],
    ...(multiValued && { multi: true }),
  }))
}

/** Rows of a language with a few keys of everything beside its own, and everything's names among its own. */
export function widened(rows: LanguageRows): fc.Arbitrary<LanguageRows> {
  const every = catalogued(rows.name)
  const own = new Set(rows.keys.map(({ name }) => name))
  const others = every.keys.filter(({ name }) => !own.has(name))
  const mixed = (mine: fc.Arbitrary<string>, all: fc.Arbitrary<string>) =>
    fc.oneof({ weight: 3, arbitrary: mine }, { weight: 1, arbitrary: all })
  return fc.shuffledSubarray([...others], { maxLength: 3 }).map((extra) => ({
    ...rows,
    actions: mixed(rows.actions, every.actions),
    actionPatterns: mixed(rows.actionPatterns, every.patterns),
    ...(rows.legacyPatterns && { legacyPatterns: mixed(rows.legacyPatterns, every.legacy) }),
    keys: [...rows.keys, ...extra],
  }))
}
