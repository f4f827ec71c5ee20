import type { TObject } from 'typebox'
import {
  type Names,
  type OrganizationRead,
  type OrganizationWrite,
  organizationRead,
  organizationWrite,
} from './record.ts'

type Plain<R> = Omit<R, 'action' | 'language' | 'name'> & {
  readonly call: string
  /** After `organizations:`. */
  readonly action: string
}

export function orgRead<I extends TObject, const N extends Names, O>({
  call,
  ...record
}: Plain<OrganizationRead<I, N, O>>) {
  return organizationRead<I, N, O>({
    ...(record as OrganizationRead<I, N, O>),
    ...named(call, record.action),
  })
}

export function orgWrite<I extends TObject, const N extends Names, P, O>({
  call,
  ...record
}: Plain<OrganizationWrite<I, N, P, O>>) {
  return organizationWrite<I, N, P, O>({
    ...(record as OrganizationWrite<I, N, P, O>),
    ...named(call, record.action),
  })
}

function named(call: string, action: string) {
  return { language: 'iam' as const, name: `organizations:${call}`, action: `organizations:${action}` }
}
