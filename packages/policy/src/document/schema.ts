import type { LanguageName, PolicyType } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import type { Dialect, LanguageDefinition, PolicyTypeRules } from '../language/types.ts'
import type { ConditionKeyInfo } from '../service/types.ts'

type Schema = Readonly<Record<string, unknown>>

/**
 * A JSON Schema (draft 2020-12) of a policy type, from the catalogue: an editor that reads it completes elements, actions,
 * operators and condition keys. It refuses nothing that `parsePolicy` accepts; what it cannot say, `parsePolicy` does.
 *
 * @throws TypeError when the language has no such policy type.
 */
export function policySchema(name: LanguageName, type: PolicyType): Schema {
  const language = languages[name]
  const rules = language.policyTypes.get(type)
  if (!rules) throw new TypeError(`the language \`${name}\` has no policy type \`${type}\``)
  const dialects = rules.versions.map((version) => language.dialects.get(version)!)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `${type} policy of the language ${name}`,
    type: 'object',
    required: ['Version', 'Statement'],
    additionalProperties: false,
    properties: {
      Version: { enum: rules.versions },
      Statement: {
        anyOf: [
          { type: 'array', minItems: 1, items: { $ref: '#/$defs/statement' } },
          { $ref: '#/$defs/statement' },
        ],
      },
    },
    $defs: {
      statement: statementSchema(rules),
      action: oneOrMore(actionSchema(language, dialects), language.action.emptyAllowed),
      notAction: oneOrMore(actionSchema(language, dialects), false),
      resource: resourcesSchema(oneOrMore(resourceSchema(language, rules), false), dialects),
      condition: conditionSchema(dialects),
      keys: keysSchema(language, rules, type),
      texts: oneOrMore({ type: 'string' }, false),
      ...(rules.principals && { principal: principalSchema(rules.principals.members) }),
    },
  }
}

function oneOrMore(value: Schema, emptyAllowed: boolean): Schema {
  return { anyOf: [value, { type: 'array', items: value, minItems: emptyAllowed ? 0 : 1 }] }
}

/** Known values first, so that editors offer them, with what they mean; and any other text beside them. */
function suggested(values: readonly string[], meanings?: ReadonlyMap<string, string>): Schema {
  const known = [...new Set(values)]
  const described = meanings && { enumDescriptions: known.map((value) => meanings.get(value)) }
  return { anyOf: [{ enum: known, ...described }, { type: 'string' }] }
}

function statementSchema({ elements, principals }: PolicyTypeRules): Schema {
  const shapes: Readonly<Record<string, Schema>> = {
    Sid: { type: 'string' },
    NotAction: { $ref: '#/$defs/notAction' },
    Resource: { $ref: '#/$defs/resource' },
    NotResource: { $ref: '#/$defs/resource' },
    Principal: { $ref: '#/$defs/principal' },
    NotPrincipal: { $ref: '#/$defs/principal' },
  }
  const names = Object.keys(elements).filter((element) => element !== 'Principal' || principals)
  const either = names.includes('NotPrincipal')
  const required = names.filter(
    (element) => elements[element] === 'required' && !(either && element === 'Principal'),
  )
  return {
    type: 'object',
    additionalProperties: false,
    required: ['Effect', ...required],
    properties: {
      Effect: { enum: ['Allow', 'Deny'] },
      Action: { $ref: '#/$defs/action' },
      Condition: { $ref: '#/$defs/condition' },
      ...Object.fromEntries(names.map((element) => [element, shapes[element]])),
    },
    oneOf: [{ required: ['Action'] }, ...(elements.NotAction ? [{ required: ['NotAction'] }] : [])],
    ...(either && { anyOf: [{ required: ['Principal'] }, { required: ['NotPrincipal'] }] }),
  }
}

function actionSchema({ catalogue }: LanguageDefinition, dialects: readonly Dialect[]): Schema {
  const meanings = new Map([['*', 'Every action.']])
  for (const { code, title, actions } of catalogue.services) {
    // As many colons as the names of the service have.
    const colons = (actions[0] ?? catalogue.services[0]!.actions[0]!).name.split(':').length - 1
    meanings.set(`${code}${':*'.repeat(colons)}`, `Every action of ${title}.`)
    for (const { name, description, aliases } of actions)
      for (const { names } of dialects) {
        if (names !== 'aliases') meanings.set(name, description)
        if (names === 'own') continue
        for (const alias of aliases) if (!meanings.has(alias)) meanings.set(alias, `Another name of ${name}.`)
      }
  }
  return suggested([...meanings.keys()], meanings)
}

function resourceSchema({ catalogue }: LanguageDefinition, { onlyResource }: PolicyTypeRules): Schema {
  if (onlyResource && !onlyResource.allowOnly) return { const: onlyResource.value }
  const templates = catalogue.services.flatMap((service) =>
    service.resourceTypes.map((type) => type.template),
  )
  return suggested(['*', ...templates.map((template) => template.replace(/\{[^}]*\}/g, '*'))])
}

/** Names, or the paths of legacy documents. */
function resourcesSchema(names: Schema, dialects: readonly Dialect[]): Schema {
  const member = dialects.find(({ resourceObject }) => resourceObject !== undefined)?.resourceObject
  if (member === undefined) return names
  const properties = { [member]: { $ref: '#/$defs/texts' } }
  return { anyOf: [names, { type: 'object', required: [member], additionalProperties: false, properties }] }
}

/** The condition keys that the policy type accepts, each with texts; other keys are texts too. */
function keysSchema(
  { catalogue }: LanguageDefinition,
  { versions }: PolicyTypeRules,
  type: PolicyType,
): Schema {
  const legacy = versions.includes('1.1')
  const accepted = (key: ConditionKeyInfo) => catalogue.accepts(type, key.name) && (legacy || !key.legacyOnly)
  const keys = [
    ...catalogue.globalKeys,
    ...catalogue.services.flatMap((service) => service.conditionKeys),
  ].filter(accepted)
  const documented = ({ name, description, values }: ConditionKeyInfo) => {
    const value = values ? oneOrMore(suggested(values), false) : { $ref: '#/$defs/texts' }
    return [name, { description, ...value }] as const
  }
  return {
    type: 'object',
    properties: Object.fromEntries(keys.filter((key) => !key.suffix || key.suffix.optional).map(documented)),
    additionalProperties: { $ref: '#/$defs/texts' },
  }
}

function conditionSchema(dialects: readonly Dialect[]): Schema {
  const operators = dialects.flatMap((dialect) =>
    [...dialect.operators].flatMap(([operator, { comparison }]) => {
      if (comparison.kind === 'presence') return [operator]
      const qualified = ['', ...dialect.qualifiers.map((qualifier) => `${qualifier}:`)].map(
        (start) => start + operator,
      )
      return dialect.ifExists ? qualified.flatMap((one) => [one, `${one}IfExists`]) : qualified
    }),
  )
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(operators.map((operator) => [operator, { $ref: '#/$defs/keys' }])),
  }
}

function principalSchema(members: readonly string[]): Schema {
  const values = oneOrMore({ type: 'string' }, false)
  return {
    anyOf: [
      { const: '*' },
      {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: Object.fromEntries(members.map((member) => [member, values])),
      },
    ],
  }
}
