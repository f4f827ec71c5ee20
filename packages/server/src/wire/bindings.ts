import type { Operation } from '../pipeline/operation.ts'
import type { RpcBinding } from './alibaba/binding.ts'
import { alibabaBindings } from './alibaba/bindings.ts'
import type { RestBinding } from './huawei/binding.ts'
import { huaweiBindings } from './huawei/bindings.ts'

export type Binding = RpcBinding | RestBinding

/** Every operation that a client can call, on the wire that it is called on. */
export const bindings: readonly Binding[] = [...alibabaBindings, ...huaweiBindings]

const byOperation = new Map<Operation, Binding>(bindings.map((one) => [one.operation, one]))

/** How an operation is called; throws Error for one that no wire serves: the service runs it by itself. */
export function bindingOf(operation: Operation): Binding {
  const binding = byOperation.get(operation)
  if (!binding) throw new Error(`${operation.name} is on no wire`)
  return binding
}
