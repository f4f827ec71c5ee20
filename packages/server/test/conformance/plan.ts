import { operations } from '../../src/operations/table.ts'
import type { Product } from '../../src/wire/alibaba/binding.ts'
import { bindings } from '../../src/wire/bindings.ts'
import { alibabaModels, type Call, huaweiModels, keyOf, type RestCall } from './models.ts'
import type { Binding } from './send.ts'

/** A served call that has a model. */
export interface Subject {
  /** `Kms CreateKey`, `Iam createUserV5`, as the vendor names the call. */
  readonly name: string
  readonly product: string
  readonly binding: Binding
  readonly call: Call
  /** Parameters of a REST call that are no JSON: they stand in its path, its query or its headers. */
  readonly apart: readonly string[]
  /** Those of them that stand in the query. */
  readonly query: readonly string[]
  /** Of a REST call: its path with the placeholders that the vendor has. */
  readonly path?: string
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

/** Every call of the REST models, by what it sends. The name of STS is also that of an Alibaba product. */
function restCalls() {
  return new Map(
    huaweiModels.flatMap(({ product, calls }) =>
      Object.entries(calls).map(
        ([name, call]) =>
          [
            keyOf(call.method, call.path),
            { product: product === 'Sts' ? 'HuaweiSts' : product, name, call },
          ] as const,
      ),
    ),
  )
}

/** Every served call that one of the models has. */
export function subjects(): readonly Subject[] {
  const rest = restCalls()
  return bindings.flatMap((binding): readonly Subject[] => {
    if (binding.wire === 'alibaba') {
      const model = alibabaModels.find(
        (one) => one.product === binding.product && one.version === binding.version,
      )
      const call = model?.calls[binding.action]
      const { product } = binding
      return call
        ? [{ name: `${product} ${binding.action}`, product, binding, call, apart: [], query: [] }]
        : []
    }
    const found = rest.get(keyOf(binding.method, binding.path))
    if (!found) return []
    const inPath = [...binding.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
    const call = renamed(found.call, binding.path)
    const headers = Object.keys(call.parameters).filter((name) => name.startsWith('X-'))
    const inQuery =
      binding.method === 'GET'
        ? Object.keys(call.parameters).filter((name) => !inPath.includes(name) && !headers.includes(name))
        : []
    const apart = ['project_id', ...inPath, ...inQuery, ...headers]
    const { product, name } = found
    return [
      { name: `${product} ${name}`, product, binding, call, apart, query: inQuery, path: found.call.path },
    ]
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

/** Calls of the REST models that no binding serves. */
export function unservedRest() {
  const served = new Set(
    bindings.flatMap((one) => (one.wire === 'huawei' ? [keyOf(one.method, one.path)] : [])),
  )
  return [...restCalls()]
    .filter(([key]) => !served.has(key))
    .map(([, { product, call }]) => ({ product, method: call.method, path: call.path }))
}
