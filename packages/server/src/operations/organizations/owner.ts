import type { LanguageName } from '@keyward/policy'
import { readOperator } from '../../identity/queries.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { loadOrganization, type Organization, type Standing, standingOf } from './found.ts'

/**
 * Who may make a call. `readers`: delegated administrators too. `own`: every account, on what concerns itself. `operator`: the
 * first account, which alone makes the one organization.
 */
export type Who = 'management' | 'operator' | 'own' | 'readers'

/** Whose policies decide on a call: by whom it is made, and by how the caller's account stands. Uid of an account. */
export function ownerBy(
  who: Who,
  own: string,
  organization: Organization | undefined,
  standing: Standing,
  operator: string,
): string {
  if (who === 'operator') return operator
  const isOwn =
    who === 'own' ||
    !organization ||
    standing === 'management' ||
    (who === 'readers' && standing === 'delegated')
  return isOwn ? own : organization.management.uid
}

/** By action. Filled where the records are made. */
const makers = new Map<string, Who>()

const keyOf = (language: LanguageName, action: string) => `${language} ${action}`

export function noteWho(language: LanguageName, action: string, who: Who): void {
  makers.set(keyOf(language, action), who)
}

/** {@link ownerBy} of an action as the caller stands now; undefined for one that no call here is decided on. */
export async function ownerOf(
  { caller, store }: ResolveScope,
  language: LanguageName,
  action: string,
): Promise<string | undefined> {
  const who = makers.get(keyOf(language, action))
  if (who === undefined) return undefined
  const { uid } = caller.account
  const there = await loadOrganization(store.read)
  const standing = await standingOf(store.read, there, uid)
  const { id: operator } = await readOperator(store.read)
  return ownerBy(who, uid, standing === 'outside' ? undefined : there, standing, operator)
}
