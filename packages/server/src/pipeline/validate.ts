import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Problem } from '../base/problem.ts'
import { isSecret } from '../base/secret.ts'
import type { Operation } from './operation.ts'
import { refusalRule, schemaAt } from './value-rule.ts'

type Validator = (input: Record<string, unknown>) => Problem | undefined

const validators = new WeakMap<Operation, Validator>()

/** The first thing wrong with an input, in the schema's order, or undefined. Compiled once an operation. */
export function validateInput(operation: Operation, input: Record<string, unknown>): Problem | undefined {
  let validator = validators.get(operation)
  if (!validator) {
    validator = compile(operation)
    validators.set(operation, validator)
  }
  return validator(input)
}

function compile(operation: Operation): Validator {
  const schema = operation.input as { properties: Record<string, object>; required?: string[] }
  const check = Compile(operation.input)
  const required = schema.required ?? []
  const plain = Object.keys(schema.properties).filter((name) => !isSecret(schema.properties[name] as object))
  return (input) => {
    if (check.Check(input)) return unwritable(input, plain)
    for (const name of required) if (input[name] === undefined) return { code: 'MissingParameter', name }
    for (const name of Object.keys(input)) {
      if (!Object.hasOwn(schema.properties, name)) return { code: 'InvalidParameter', name }
    }
    for (const error of check.Errors(input)) return fieldProblem(operation.input, error as SchemaError)
    return { code: 'InvalidParameter', name: required[0] ?? '' }
  }
}

/**
 * Text that UTF-8 or a database cannot hold. A lone surrogate would be stored as another character, so that two values
 * become one; U+0000 is refused by PostgreSQL. A secret may hold U+0000: it is sealed before it is stored.
 */
function unwritable(input: Record<string, unknown>, plain: readonly string[]): Problem | undefined {
  // Most inputs are texts that anything can hold.
  let easy = true
  for (const name of Object.keys(input)) easy &&= isText(input[name], true)
  if (easy) return undefined
  for (const name of Object.keys(input))
    if (!isText(input[name], false)) return { code: 'InvalidParameter', name }
  for (const name of plain) if (!isText(input[name], true)) return { code: 'InvalidParameter', name }
  return undefined
}

function isText(value: unknown, strict: boolean): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !(strict && value.includes('\0'))
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every((item) => isText(item, strict))
  return Object.entries(value).every(([name, item]) => isText(name, strict) && isText(item, strict))
}

/** What is wrong with one value of a list whose values are looked at one by one; names begin with `prefix`. */
export function valueChecker(schema: TSchema): (value: unknown, prefix: string) => Problem | undefined {
  const check = Compile(schema)
  return (value, prefix) => {
    if (check.Check(value)) return undefined
    const [error] = check.Errors(value)
    const problem = fieldProblem(schema, error as SchemaError)
    return { ...problem, name: [prefix, problem.name].filter((part) => part !== '').join('.') }
  }
}

interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly params?: {
    readonly requiredProperties?: readonly string[]
    readonly additionalProperties?: readonly string[]
  }
}

const RULES: ReadonlyMap<string, 'chars' | 'length'> = new Map([
  ['pattern', 'chars'],
  ['maxLength', 'length'],
  ['minLength', 'length'],
])

type FieldProblem = Extract<Problem, { readonly code: 'MissingParameter' | 'InvalidParameter' }>

function fieldProblem(schema: object, error: SchemaError): FieldProblem {
  const path = error.instancePath.split('/').slice(1)
  const missing = error.params?.requiredProperties?.[0]
  if (error.keyword === 'required' && missing !== undefined) {
    return { code: 'MissingParameter', name: [...path, missing].join('.') }
  }
  const extra = error.params?.additionalProperties?.[0]
  const rule = RULES.get(error.keyword)
  const name = (extra === undefined ? path : [...path, extra]).join('.')
  const field = extra === undefined ? schemaAt(schema, path) : undefined
  const allowed = rule === undefined && field ? refusalRule(field) : undefined
  return {
    code: 'InvalidParameter',
    name,
    ...(rule && { rule }),
    ...(allowed !== undefined && { detail: `It is ${allowed}.` }),
  }
}
