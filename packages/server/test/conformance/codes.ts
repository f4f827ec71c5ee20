import { readFileSync } from 'node:fs'
import type { Subject } from './plan.ts'

/** Codes that every call of a product may answer by, with their statuses, apart from those of its own page. */
const common = JSON.parse(
  readFileSync(new URL('../../cases/conformance-codes.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, number>>>>

/** What a call may be refused with. Of a code that the page of the call has too, its status there counts. */
export function codesOf({ product, call, binding }: Subject): ReadonlyMap<string, number> {
  const dryRun = binding.wire === 'alibaba' && binding.dryRun === true ? common.DryRun : {}
  const gateway = binding.wire === 'alibaba' ? common.Gateway : {}
  return new Map(Object.entries({ ...gateway, ...common[product], ...dryRun, ...call.codes }))
}
