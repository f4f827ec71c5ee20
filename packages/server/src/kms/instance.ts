import { refuse } from '../base/problem.ts'

/**
 * The one managed instance that this service offers: itself. A key created in it is a key like any other, and says so
 * by `kms:KeyOrigin` = `KmsInstance` too (reference: alibaba-kms.md H-10).
 */
export const BUILT_IN_INSTANCE = 'kst-keyward'

/** `acs:kms:R:UID:keystore/ID`. */
export function instanceArn(region: string, accountUid: string, id: string = BUILT_IN_INSTANCE): string {
  return `acs:kms:${region}:${accountUid}:keystore/${id}`
}

/** Raises `InstanceNotFound` for any other instance. */
export function assertInstance(id: string): void {
  if (id !== BUILT_IN_INSTANCE) throw refuse({ code: 'InstanceNotFound' })
}
