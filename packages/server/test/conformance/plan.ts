import { operations } from '../../src/operations/table.ts'
import type { Product } from '../../src/wire/alibaba/binding.ts'
import { bindings } from '../../src/wire/bindings.ts'
import { huaweiModel, keyOf, type RestCall } from './huawei-model.ts'
import { alibabaModels, type Call } from './models.ts'
import type { Binding } from './send.ts'

/** A served call that has a model. */
export interface Subject {
  /** `Kms CreateKey`, `Iam createUserV5`. */
  readonly name: string
  readonly product: string
  readonly binding: Binding
  readonly call: Call
  /** Parameters that stand in the path or the query of a REST call. */
  readonly apart: readonly string[]
}

/** Renames placeholders of the vendor's path to those of ours. */
function renamed(call: RestCall, path: string): Call {
  const [theirs, ours] = [call.path, path].map((one) =>
    [...one.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
  )
  const names = new Map(theirs!.map((name, i) => [name, ours![i]!]))
  const parameters = Object.entries(call.parameters).map(([name, shape]) => [names.get(name) ?? name, shape])
  return { ...call, parameters: Object.fromEntries(parameters) }
}

/** Every served call that one of the models has. */
export function subjects(): readonly Subject[] {
  const rest = huaweiModel()
  return bindings.flatMap((binding): readonly Subject[] => {
    if (binding.wire === 'alibaba') {
      const model = alibabaModels.find(
        (one) => one.product === binding.product && one.version === binding.version,
      )
      const call = model?.calls[binding.action]
      const { product } = binding
      return call ? [{ name: `${product} ${binding.action}`, product, binding, call, apart: [] }] : []
    }
    const found = rest.get(keyOf(binding.method, binding.path))
    if (!found) return []
    const inPath = [...binding.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
    const call = renamed(found, binding.path)
    const apart = binding.method === 'GET' ? Object.keys(call.parameters) : inPath
    return [{ name: `Iam ${found.name}`, product: 'Iam', binding, call, apart }]
  })
}

/** Calls of the models that no binding serves, by product. */
export function unserved(): ReadonlyMap<Product, readonly string[]> {
  const served = new Set(subjects().map(({ name }) => name))
  const rows = alibabaModels.map(
    ({ product, calls }) =>
      [product as Product, Object.keys(calls).filter((name) => !served.has(`${product} ${name}`))] as const,
  )
  return new Map(rows)
}

/** Served calls that no model has: they are judged by their own tests alone. */
export function unmodelled(): readonly string[] {
  const judged = new Set(subjects().map(({ binding }) => binding.operation.name))
  return operations.map(({ name }) => name).filter((name) => !judged.has(name))
}

/** Calls of the client that no binding serves. */
export function unservedRest(): readonly { readonly method: string; readonly path: string }[] {
  const served = new Set(
    bindings.flatMap((one) => (one.wire === 'huawei' ? [keyOf(one.method, one.path)] : [])),
  )
  return [...huaweiModel()]
    .filter(([key]) => !served.has(key))
    .map(([, { method, path }]) => ({ method, path }))
}
