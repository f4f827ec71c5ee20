import type { RequestPrincipal } from '../decide/types.ts'

/** Whether a caller is meant by one value of a `Principal`. `owner` is the account that owns the resource. */
export type PrincipalMatcher = (caller: RequestPrincipal, owner: string) => boolean

/** Everyone: every user, role and root identity. */
export const everyone: PrincipalMatcher = () => true

/** Every identity of one account. */
export function everyoneIn(account: string): PrincipalMatcher {
  return (caller) => caller.account === account
}

/** One identity; a role or agency stands for each of its sessions. */
export function identity(...names: readonly string[]): PrincipalMatcher {
  return (caller) => names.includes(caller.id) || (caller.role !== undefined && names.includes(caller.role))
}

/**
 * The `:root` of an account in a key or secret policy: for the owner's own account its root identity alone, for another
 * account everyone in it, whose own policies must allow too (design, section 5).
 */
export function rootOf(account: string): PrincipalMatcher {
  return (caller, owner) => caller.account === account && (account !== owner || caller.kind === 'root')
}
