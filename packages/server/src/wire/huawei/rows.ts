import type { Operation } from '../../pipeline/operation.ts'
import type { RestBinding } from './binding.ts'

/** A binding as a row of a table; 200 where no status stands. */
export type RestRow = readonly [
  method: RestBinding['method'],
  path: string,
  operation: string,
  status?: RestBinding['status'],
  query?: readonly string[],
]

/** Binds operations by their names. Raises Error for a row whose operation is not among them. */
export function bindRows(rows: readonly RestRow[], operations: readonly Operation[]): readonly RestBinding[] {
  const named = new Map(operations.map((one) => [one.name, one]))
  return rows.map(([method, path, name, status = 200, query]) => {
    const operation = named.get(name)
    if (!operation) throw new Error(`there is no operation ${name}`)
    return Object.freeze<RestBinding>({
      wire: 'huawei',
      operation,
      method,
      path,
      status,
      ...(query && { query }),
    })
  })
}
