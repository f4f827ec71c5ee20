import type { TObject } from 'typebox'
import {
  type Names,
  type OrganizationRead,
  type OrganizationWrite,
  organizationRead,
  organizationWrite,
} from '../organizations/record.ts'

/** The action of a call of a resource directory has the name of the call. */
type Plain<R> = Omit<R, 'action' | 'language' | 'name'> & { readonly call: string }

export function directoryRead<I extends TObject, const N extends Names, O>({
  call,
  ...record
}: Plain<OrganizationRead<I, N, O>>) {
  return organizationRead<I, N, O>({ ...(record as OrganizationRead<I, N, O>), ...named(call) })
}

export function directoryWrite<I extends TObject, const N extends Names, P, O>({
  call,
  ...record
}: Plain<OrganizationWrite<I, N, P, O>>) {
  return organizationWrite<I, N, P, O>({ ...(record as OrganizationWrite<I, N, P, O>), ...named(call) })
}

function named(call: string) {
  return { language: 'ram' as const, name: `resourcemanager:${call}`, action: `resourcemanager:${call}` }
}
