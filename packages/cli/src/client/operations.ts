import { didYouMean } from '@keyward/policy'
import { bindingOf, type Operation, operations, valueRule } from '@keyward/server/client'
import { misused } from '../exit.ts'
import { meanings } from './meanings.ts'

/** Short words for the key pair operations, whose wire has paths instead of names. */
const shortWords: Readonly<Record<string, string>> = {
  'kps:create': 'kps:CreateKeypair',
  'kps:list': 'kps:ListKeypairs',
  'kps:show': 'kps:ListKeypairDetail',
  'kps:delete': 'kps:DeleteKeypair',
}

/** The operation of a product by its wire name or short word. Stops with a sentence when there is none. */
export function findOperation(product: string, word: string): Operation {
  const products = [...new Set(operations.map((operation) => productOf(operation)))]
  if (!products.includes(product)) {
    throw misused(
      `unknown product \`${product}\`${didYouMean(product, products) || `; there are ${products.join(', ')}`}`,
    )
  }
  const name = shortWords[`${product}:${word}`] ?? `${product}:${word}`
  const found = operations.find((operation) => operation.name === name)
  if (found) return found
  const words = operations.filter((one) => productOf(one) === product).map(wordOf)
  throw misused(
    `unknown operation \`${word}\` of ${product}${didYouMean(word, words) || `; there are ${words.join(', ')}`}`,
  )
}

/** The names of a product's operations, with the short word where there is one. */
export function operationNames(): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const operation of operations) {
    const product = productOf(operation)
    names.set(product, [...(names.get(product) ?? []), wordOf(operation) + shortWordOf(operation, ' (', ')')])
  }
  return names
}

/** What an operation does and takes, for a person. */
export function explainOperation(product: string, word: string): string {
  const operation = findOperation(product, word)
  const isRpc = bindingOf(operation).wire === 'alibaba'
  const lines = parametersOf(operation).flatMap((one) => parameterLines(operation.input, one, isRpc))
  return [
    `keyward call ${product} ${wordOf(operation)}${shortWordOf(operation, ', or: ', '')}`,
    '',
    operation.summary,
    '',
    ...(lines.length > 0 ? ['Parameters', ...lines] : ['It takes no parameters.']),
  ].join('\n')
}

/** A line for a parameter, and one for each member that it has, as they are written on the command line. */
function parameterLines(
  input: object,
  { name, path, type, required, rule }: Parameter,
  isRpc: boolean,
): string[] {
  const schema = path.reduce<Schema | undefined>((one, step) => one?.properties?.[step], input)
  const line = (
    shown: string,
    kind: string,
    needed: boolean,
    values: string | undefined,
    meaning: string | undefined,
  ) =>
    `  ${shown}= ${needed ? '' : '(optional) '}${kind}${values === undefined ? '' : `, ${values.replaceAll('`', '')}`}${meaning === undefined ? '' : `: ${meaning}`}`
  const members = (one: Schema | undefined, prefix: string): string[] => {
    if (one?.type === 'array') return members(one.items, `${prefix}.1`)
    return Object.entries(one?.properties ?? {}).flatMap(([member, inner]) => [
      line(
        `${prefix}.${member}`,
        inner.type ?? 'string',
        one?.required?.includes(member) ?? false,
        valueRule(inner),
        meaningOf(member, inner),
      ),
      ...members(inner, `${prefix}.${member}`),
    ])
  }
  const map =
    isRpc && type === 'object' && !schema?.properties ? [`  ${name}.NAME= string: one entry of it`] : []
  return [
    line(name, type, required, rule, schema && meaningOf(name, schema)),
    ...members(schema, name),
    ...map,
  ]
}

function meaningOf(name: string, { description }: Schema): string | undefined {
  return description ?? (Object.hasOwn(meanings, name) ? meanings[name] : undefined)
}

function shortWordOf({ name }: Operation, before: string, after: string): string {
  const short = Object.keys(shortWords).find((word) => shortWords[word] === name)
  return short === undefined ? '' : `${before}${short.slice(short.indexOf(':') + 1)}${after}`
}

function productOf({ name }: Operation): string {
  return name.slice(0, name.indexOf(':'))
}

function wordOf({ name }: Operation): string {
  return name.slice(name.indexOf(':') + 1)
}

/** A parameter as a person names it, and where it goes in the input. */
export interface Parameter {
  readonly name: string
  readonly path: readonly string[]
  readonly type: string
  readonly required: boolean
  /** Which values it takes, in words, where its type does not say all. */
  readonly rule?: string | undefined
}

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

/**
 * The parameters of an operation. On the REST wire the members of the one object that a body consists of are named by
 * themselves (`name`, not `keypair.name`), a path's `keypair_name` is `name`, and the project comes from the profile.
 */
export function parametersOf(operation: Operation): Parameter[] {
  const schema: Schema = operation.input
  const binding = bindingOf(operation)
  const dryRun: Parameter[] =
    binding.wire === 'alibaba' && binding.dryRun
      ? [{ name: 'DryRun', path: ['DryRun'], type: 'boolean', required: false }]
      : []
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]): Parameter[] => {
    const required = schema.required?.includes(name) ?? false
    const type = inner.type ?? 'string'
    if (binding.wire === 'huawei') {
      if (name === 'project_id') return []
      if (name === 'keypair_name')
        return [{ name: 'name', path: [name], type, required, rule: valueRule(inner) }]
      if (inner.properties) {
        return Object.entries(inner.properties).map(([member, one]) => ({
          name: member,
          path: [name, member],
          type: one.type ?? 'string',
          rule: valueRule(one),
          required: required && (inner.required?.includes(member) ?? false),
        }))
      }
    }
    return [{ name, path: [name], type, required, rule: valueRule(inner) }]
  })
  return [...own, ...dryRun]
}
