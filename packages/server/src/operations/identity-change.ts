import { lockOutWatch } from '../identity/lock-out.ts'
import { type Author, moveDirectory } from '../identity/rows.ts'
import type { WriteScope } from '../pipeline/scope.ts'
import type { WriteHandle } from '../store/store.ts'

/** What a call that writes to the caller's account has besides its input. */
export interface IdentityChange {
  readonly account: string
  readonly author: Author
  readonly scope: WriteScope
}

/**
 * Does what the call named writes to the identities of the caller's account: their row moves, and the answer is warned where
 * it locks everyone but the root identity out.
 */
export async function changeIdentities<T>(
  tx: WriteHandle,
  scope: WriteScope,
  call: string,
  work: (change: IdentityChange) => Promise<T>,
): Promise<T> {
  const { account } = scope.caller
  await moveDirectory(tx, account.uid)
  const warnIfLockedOut = await lockOutWatch(tx, account, call)
  const output = await work({
    account: account.uid,
    author: { now: scope.clock.now(), by: 'api' },
    scope,
  })
  const warning = await warnIfLockedOut()
  if (warning !== undefined) scope.warn(warning)
  return output
}
