import { Compile } from 'typebox/compile'
import type { Problem } from '../base/problem.ts'
import type { Operation } from './operation.ts'

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
  return (input) => {
    if (check.Check(input)) return undefined
    for (const name of required) if (input[name] === undefined) return { code: 'MissingParameter', name }
    for (const name of Object.keys(input)) {
      if (!Object.hasOwn(schema.properties, name)) return { code: 'InvalidParameter', name }
    }
    for (const error of check.Errors(input)) return fieldProblem(error as SchemaError)
    return { code: 'InvalidParameter', name: required[0] ?? '' }
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

function fieldProblem(error: SchemaError): Problem {
  const path = error.instancePath.split('/').slice(1)
  const missing = error.params?.requiredProperties?.[0]
  if (error.keyword === 'required' && missing !== undefined) {
    return { code: 'MissingParameter', name: [...path, missing].join('.') }
  }
  const extra = error.params?.additionalProperties?.[0]
  return { code: 'InvalidParameter', name: (extra === undefined ? path : [...path, extra]).join('.') }
}
