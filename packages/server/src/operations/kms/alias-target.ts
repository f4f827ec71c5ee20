import { assertAliasName, findAlias } from '../../kms/aliases.ts'
import { aliasArn } from '../../kms/names.ts'
import type { Check, DecidedRow } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope } from '../../pipeline/scope.ts'
import type { Touched } from '../../store/store.ts'
import { keyFacts, managementCheck } from './key-checks.ts'
import { decidedKey, type KeyTarget, resolveKeyId } from './key-target.ts'

/** An alias and the keys that a call on it is about. */
export interface AliasTarget {
  /** Where the alias is: the primary key of its row. */
  readonly place: { readonly accountUid: string; readonly region: string; readonly name: string }
  readonly arn: string
  /** The key that the request names, or without one the key that the alias has. */
  readonly key: KeyTarget | undefined
  /** The key that the alias has now. */
  readonly holder: KeyTarget | undefined
}

/** Raises `InvalidParameter` for a name that no alias can have, before anything is looked up. */
export async function resolveAlias(scope: ResolveScope, name: string, keyId?: string): Promise<AliasTarget> {
  assertAliasName(name)
  const { uid } = scope.caller.account
  const region = scope.regions.alibaba
  const key = keyId === undefined ? undefined : await resolveKeyId(scope, keyId)
  const heldId = await findAlias(scope.cache, uid, region, name)
  const holder = heldId === undefined ? undefined : await resolveKeyId(scope, heldId)
  const arn = aliasArn(region, uid, name)
  return {
    place: { accountUid: uid, region, name },
    arn,
    // Which key the alias has is not for those to know who may not have it.
    key: key ?? (holder && { ...holder, called: { arn, owner: uid } }),
    holder,
  }
}

/** Decided on the alias AND on the key (reference: alibaba-kms.md A.1); both carry the key's condition keys. */
export function aliasChecks(
  scope: CheckScope,
  action: string,
  { arn, key, place }: AliasTarget,
): readonly Check[] {
  const onAlias: Check = {
    language: 'ram',
    action,
    resource: arn,
    owner: place.accountUid,
    asMissing: { resource: arn, owner: place.accountUid, facts: {} },
    ...(key?.key ? { facts: keyFacts(key.key), resourceTags: key.key.tags } : { facts: {} }),
  }
  return key ? [onAlias, managementCheck(scope, action, key)] : [onAlias]
}

/** What a write of an alias changes: the alias, and the keys that it leaves and reaches. */
export function touchedByAlias({ holder, key, place }: AliasTarget): readonly Touched[] {
  const keys = [key, holder].flatMap((target) => target?.key?.id ?? [])
  return [{ account: place.accountUid, kind: 'keys', items: [place.name, ...keys] }]
}

/**
 * INVARIANT: every change of an alias also moves on the rows of the keys that it leaves and reaches. So an alias that was
 * decided on is unchanged while the row of its key is.
 */
export function decidedAlias({ holder, key }: AliasTarget): readonly DecidedRow[] {
  const rows = [key, holder].flatMap((target) => (target ? decidedKey(target) : []))
  return rows.filter((row, at) => rows.findIndex((other) => other.id === row.id) === at)
}
