import type { LanguageName } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import type { ConditionKeyInfo } from '../service/types.ts'
import { suggest } from './did-you-mean.ts'
import { resourceFits } from './resource-type.ts'
import { suffixFault } from './suffix.ts'

/**
 * What is wrong with a name in a request that somebody wrote down: a sentence, or undefined where the catalogue knows
 * it. Such a request is denied whatever the policies say, and a test that expects the denial proves nothing.
 */
export function unknownAction(language: LanguageName, name: string): string | undefined {
  const { catalogue } = languages[language]
  if (catalogue.action(name) || catalogue.actionName(name).decided === 'freely') return undefined
  const own = catalogue.actionsNamed(name)
  if (own.length > 0)
    return `\`${name}\` is a name of legacy policies; requests ask for ${own.map((one) => `\`${one.name}\``).join(', ')}`
  if (/[*?]/.test(name)) return `\`${name}\` is a pattern; a request asks for one action by its whole name`
  const all = catalogue.services.flatMap(({ actions, free = [] }) => [
    ...actions.map((one) => one.name),
    ...free,
  ])
  return `no known action is \`${name}\`${meant(name, all)}`
}

/** The same of a condition key whose value a request is said to carry. */
export function unknownConditionKey(language: LanguageName, name: string): string | undefined {
  const { catalogue } = languages[language]
  const info = catalogue.conditionKey(name)
  if (info) return suffixFault(name, info)
  const all = [...catalogue.globalKeys, ...catalogue.services.flatMap((one) => one.conditionKeys)]
  return `no known condition key is \`${name}\`${meant(name, all.map(spelling), name)}`
}

/** The same of the name of a resource, as far as the catalogue knows all that its service has. */
export function unknownResource(language: LanguageName, name: string): string | undefined {
  const definition = languages[language]
  if (name === '*') return undefined
  const { everyName, form } = definition.resource
  const [code = '', second = ''] = name.split(':')
  const head = everyName.split(':')[0]!
  const literal = !/[*{]/.test(head)
  if (name.split(':').length < 5 || (literal && code !== head))
    return `no resource is named \`${name}\`; a name is ${form}`
  const service = definition.catalogue.service(literal ? second : code)
  if (!service || service.missing !== undefined) return undefined
  if (resourceFits(definition, service.actions, name)) return undefined
  const types = service.resourceTypes.map(({ template }) => `\`${template}\``)
  return `${service.code} has no resource with a name like \`${name}\`; it has ${types.join(', ')}`
}

function spelling({ name, suffix }: ConditionKeyInfo): string {
  return suffix && !suffix.optional ? `${name}${suffix.separator}` : name
}

/** A key with the name that follows it: what follows is kept in the suggestion. */
function meant(word: string, known: readonly string[], key?: string): string {
  const [, head = word, rest = ''] =
    key === undefined ? [] : (/^([^:/]*:[^:/]*)((?:[/:].*)?)$/s.exec(key) ?? [])
  const found = suggest(rest ? head + rest[0]! : head, known) ?? suggest(head, known)
  if (found === undefined) return ''
  const tail = /[/:]$/.test(found) ? rest.slice(1) || '<name>' : rest
  return `; did you mean \`${found}${tail}\`?`
}
