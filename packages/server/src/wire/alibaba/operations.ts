import type { Operation } from '../../pipeline/operation.ts'
import type { RpcBinding } from './binding.ts'
import { inputReader, type ReadInput } from './parameters.ts'
import { unservedReason } from './unserved.ts'

/** An operation of this wire, ready to be called. */
export interface RpcOperation {
  readonly operation: Operation
  readonly binding: RpcBinding
  readonly readInput: ReadInput
}

/** A call that the product has and this service has not, with what its caller is told. */
export interface Unserved {
  readonly unserved: string
}

export type FindOperation = (
  version: string,
  action: string,
) => RpcOperation | Unserved | 'InvalidVersion' | undefined

/** Members of the envelope that no output may have. */
const RESERVED = ['RequestId', 'Code']

/**
 * Indexes the operations of this wire by version and action. Raises Error when two share a name or an output would
 * collide with the envelope: both are mistakes in the operation table, found when the server starts.
 */
export function indexOperations(bindings: readonly RpcBinding[]): FindOperation {
  const versions = new Map<string, Map<string, RpcOperation>>()
  for (const binding of bindings) {
    const { operation } = binding
    const { properties = {} } = operation.output as { properties?: object }
    const taken = RESERVED.find((name) => Object.hasOwn(properties, name))
    if (taken !== undefined) throw new Error(`${operation.name}: an output must not have \`${taken}\``)
    const actions = versions.get(binding.version) ?? new Map<string, RpcOperation>()
    if (actions.has(binding.action))
      throw new Error(`${operation.name}: \`${binding.action}\` is bound twice`)
    actions.set(binding.action, {
      operation,
      binding,
      readInput: inputReader(operation.input, binding.dryRun),
    })
    versions.set(binding.version, actions)
  }
  const products = new Map(bindings.map(({ version, product }) => [version, product]))
  return (version, action) => {
    const actions = versions.get(version)
    if (actions === undefined) return 'InvalidVersion'
    const found = actions.get(action)
    if (found) return found
    const unserved = unservedReason(products.get(version), action)
    return unserved === undefined ? undefined : { unserved }
  }
}
