import type { LanguageName, PolicyType } from '@keyward/policy'
import type { WorldFinding } from '../problems.ts'
import { type PlacedFinding, readPolicy } from './policy-text.ts'
import { type Path, readSource } from './source.ts'

/** One policy of a world file, and what there is to say of it. */
export interface WorldPolicy {
  /** What the file calls it: `UseKeys`, `trust of deployer`. */
  readonly name: string
  readonly language: LanguageName
  readonly type: PolicyType
  readonly line: number
  readonly findings: readonly PlacedFinding[]
}

const LANGUAGES: readonly LanguageName[] = ['ram', 'iam']
const LIMIT: Readonly<Record<LanguageName, PolicyType>> = { ram: 'control', iam: 'scp' }

/**
 * Every policy of a world file, judged with its risks. What else is wrong with the file is not looked at, but for a text
 * that cannot be read at all.
 */
export function policiesOfWorld(
  text: string,
): { policies: readonly WorldPolicy[] } | { findings: WorldFinding[] } {
  const read = readSource(text)
  if ('findings' in read) return read
  const { source } = read
  const policies: WorldPolicy[] = []
  const judge = (
    path: Path,
    name: string,
    language: unknown,
    typeOf: (language: LanguageName) => PolicyType,
  ) => {
    const known = LANGUAGES.find((one) => one === language)
    if (!known || source.node(path) === undefined) return
    const type = typeOf(known)
    const { findings } = readPolicy(source, path, { language: known, type, risks: true })
    policies.push({ name, language: known, type, line: source.keyPlace(path).line, findings })
  }
  const listed = (path: Path, typeOf: (language: LanguageName) => PolicyType) => {
    for (const [index, policy] of items(source.value, path))
      judge([...path, index, 'document'], String(policy.name ?? `policy ${index}`), policy.language, typeOf)
  }
  for (const [index] of items(source.value, ['accounts'])) {
    listed(['accounts', index, 'policies'], () => 'identity')
    const roles: Path = ['accounts', index, 'roles']
    for (const [number, role] of items(source.value, roles))
      for (const language of LANGUAGES)
        judge([...roles, number, 'trust', language], `trust of ${String(role.name)}`, language, () => 'trust')
  }
  listed(['organization', 'policies'], (language) => LIMIT[language])
  return { policies }
}

/** Items of a list at a path that are objects, with their numbers. */
function items(value: unknown, path: Path): readonly (readonly [number, Record<string, unknown>])[] {
  let list: unknown = value
  for (const name of path)
    list = isObject(list) ? (list as Record<string | number, unknown>)[name] : undefined
  return Array.isArray(list) ? list.flatMap((one, i) => (isObject(one) ? [[i, one] as const] : [])) : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
