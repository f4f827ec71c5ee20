import { type Problem, refuse } from '../../base/problem.ts'
import { whenReady } from '../../base/when-ready.ts'
import { findAlias } from '../../kms/aliases.ts'
import { findKey, type Key, livingKey } from '../../kms/keys.ts'
import { type KeyReference, keyArn, readKeyReference } from '../../kms/names.ts'
import { assertState, type KeyState, type StatefulOperation, stateAt } from '../../kms/states.ts'
import { findKeyVersion, type KeyVersion } from '../../kms/versions.ts'
import type { DecidedRow } from '../../pipeline/operation.ts'
import type { ResolveScope, StateScope } from '../../pipeline/scope.ts'
import type { Touched } from '../../store/store.ts'

/** A key that a call names: decided by its name whether it exists or not. */
export interface KeyTarget {
  readonly arn: string
  readonly owner: string
  readonly key: Key | undefined
  /** What a refused caller is told of instead, where that is not `arn`: the name that the call has for the key. */
  readonly called?: { readonly arn: string; readonly owner: string }
  /** What an allowed caller is answered when there is no such key. */
  readonly missing: Problem
}

const KEY_NOT_FOUND: Problem = Object.freeze({ code: 'KeyNotFound' })
const ALIAS_NOT_FOUND: Problem = Object.freeze({ code: 'AliasNotFound' })

/** The key that a parameter names by id, ARN or alias. */
export function resolveKey(
  scope: ResolveScope,
  text: string,
  parameter = 'KeyId',
): KeyTarget | Promise<KeyTarget> {
  const reference = readKeyReference(text, scope.caller.account.uid, scope.regions.alibaba, parameter)
  return reference.kind === 'alias' ? throughAlias(scope, reference) : byId(scope, reference)
}

/** The same where an alias is not accepted: raises `UnsupportedAlias` for one, whether it exists or not. */
export function resolveKeyId(
  scope: ResolveScope,
  text: string,
  parameter = 'KeyId',
): KeyTarget | Promise<KeyTarget> {
  const reference = readKeyReference(text, scope.caller.account.uid, scope.regions.alibaba, parameter)
  if (reference.kind === 'alias') throw refuse({ code: 'UnsupportedAlias' })
  return byId(scope, reference)
}

function byId(
  scope: ResolveScope,
  { accountUid, arn, here, name }: KeyReference,
): KeyTarget | Promise<KeyTarget> {
  if (!here) return { arn, owner: accountUid, key: undefined, missing: KEY_NOT_FOUND }
  const found = findKey(scope.cache, accountUid, scope.regions.alibaba, name)
  return whenReady(found, (key) => target(scope, arn, accountUid, key))
}

function target(scope: StateScope, arn: string, owner: string, key: Key | undefined): KeyTarget {
  return { arn, owner, key: livingKey(key, scope.clock.now()), missing: KEY_NOT_FOUND }
}

/** The key is what is decided on; only an alias that names none is decided by its own name. */
async function throughAlias(
  scope: ResolveScope,
  { accountUid, arn, here, name }: KeyReference,
): Promise<KeyTarget> {
  const region = scope.regions.alibaba
  const keyId = here ? await findAlias(scope.cache, accountUid, region, name) : undefined
  if (keyId === undefined) return { arn, owner: accountUid, key: undefined, missing: ALIAS_NOT_FOUND }
  const key = await findKey(scope.cache, accountUid, region, keyId)
  const found = target(scope, keyArn(region, accountUid, keyId), accountUid, key)
  return { ...found, called: { arn, owner: accountUid } }
}

/** The key, once it is decided: raises what an allowed caller learns of a missing one. */
export function existing({ key, missing }: KeyTarget): Key {
  if (!key) throw refuse(missing)
  return key
}

/** The key, if its state lets the operation go on (reference: alibaba-kms.md C.1). */
export function keyFor(scope: StateScope, operation: StatefulOperation, of: KeyTarget): Key {
  const key = existing(of)
  if (key.service !== undefined && !SHOWS.has(operation)) throw refuse(OWN_KEY)
  assertState(operation, stateNow(scope, key))
  return key
}

/** What callers may do with a key that the service made for itself, beside what has no row of states. */
const SHOWS: ReadonlySet<StatefulOperation> = new Set<StatefulOperation>([
  'DescribeKey',
  'ListAliasesByKeyId',
  'ListResourceTags',
  'ListTagResources',
  'DescribeKeyVersion',
  'ListKeyVersions',
  'GetKeyPolicy',
])
const OWN_KEY: Problem = Object.freeze({
  code: 'UnsupportedOperation',
  detail: 'The service made this key for itself.',
})

/** The state of a key that was found a moment ago. */
export function stateNow(scope: StateScope, key: Key): KeyState {
  return stateAt(key, scope.clock.now()) ?? 'PendingDeletion'
}

/** A key found through one of its versions, as ciphertext names it. */
export interface VersionTarget extends KeyTarget {
  readonly version: KeyVersion | undefined
}

/**
 * The key behind a ciphertext's version id, in whichever account. An unknown version has no name of its own: it is
 * decided as every key of the caller's account. So are, for those who are refused, all versions: nothing tells a key of
 * the account from one of another, or from none.
 */
export function resolveVersion(
  scope: ResolveScope,
  versionId: string,
): VersionTarget | Promise<VersionTarget> {
  const version = findKeyVersion(scope.cache, versionId)
  return whenReady(version, (found) => keyOfVersion(scope, found))
}

function keyOfVersion(
  scope: ResolveScope,
  version: KeyVersion | undefined,
): VersionTarget | Promise<VersionTarget> {
  if (!version) return versionTarget(scope, undefined, undefined)
  const key = findKey(scope.cache, version.accountUid, scope.regions.alibaba, version.keyId)
  return whenReady(key, (found) => versionTarget(scope, found, version))
}

function versionTarget(
  scope: StateScope,
  found: Key | undefined,
  version: KeyVersion | undefined,
): VersionTarget {
  const key = livingKey(found, scope.clock.now())
  const { uid } = scope.caller.account
  const called = { arn: keyArn(scope.regions.alibaba, uid, '*'), owner: uid }
  if (key) return { arn: key.arn, owner: key.accountUid, key, called, missing: KEY_NOT_FOUND, version }
  return { ...called, key: undefined, missing: KEY_NOT_FOUND, version: undefined }
}

/** What a write of these keys changes: they themselves, of each account. */
export function touchedKeys(targets: readonly Pick<KeyTarget, 'owner' | 'key'>[]): readonly Touched[] {
  return targets.map(({ owner, key }) => ({ account: owner, kind: 'keys', items: key ? [key.id] : [] }))
}

/** The row to write on only if it is still what was decided. */
export function decidedKey({ key }: KeyTarget): readonly DecidedRow[] {
  return key ? [{ table: 'kms_keys', id: key.id, version: key.rowVersion }] : []
}
