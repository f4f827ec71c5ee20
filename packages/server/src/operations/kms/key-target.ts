import { type Problem, refuse } from '../../base/problem.ts'
import { findKey, findKeyVersion, type Key, type KeyVersion } from '../../kms/keys.ts'
import { keyArn, readKeyReference } from '../../kms/names.ts'
import type { Check, DecidedRow, Facts, Scope } from '../../pipeline/operation.ts'

/** A key that a call names: decided by its name whether it exists or not. */
export interface KeyTarget {
  readonly arn: string
  readonly owner: string
  readonly key: Key | undefined
  /** What an allowed caller is told when there is no such key. */
  readonly missing: Problem
}

/** The key that `KeyId` names. */
export function resolveKey(scope: Scope, keyId: string): KeyTarget | Promise<KeyTarget> {
  const { accountUid, arn, here, kind, name } = readKeyReference(
    keyId,
    scope.caller.account.uid,
    scope.regions.alibaba,
  )
  if (kind === 'alias') return { arn, owner: accountUid, key: undefined, missing: { code: 'AliasNotFound' } }
  if (!here) return { arn, owner: accountUid, key: undefined, missing: { code: 'KeyNotFound' } }
  const found = findKey(scope.cache, accountUid, scope.regions.alibaba, name)
  return found instanceof Promise
    ? found.then((key) => target(arn, accountUid, key))
    : target(arn, accountUid, found)
}

function target(arn: string, owner: string, key: Key | undefined): KeyTarget {
  return { arn, owner, key, missing: { code: 'KeyNotFound' } }
}

/** The key, once it is decided: raises what an allowed caller learns of a missing one. */
export function existing(target: KeyTarget): Key {
  if (!target.key) throw refuse(target.missing)
  return target.key
}

/** A key found through one of its versions, as ciphertext names it. */
export interface VersionTarget extends KeyTarget {
  readonly version: KeyVersion | undefined
}

/**
 * The key behind a ciphertext's version id, in whichever account. An unknown version has no name of its own: it is
 * decided as every key of the caller's account.
 */
export async function resolveVersion(scope: Scope, versionId: string): Promise<VersionTarget> {
  const version = await findKeyVersion(scope.cache, scope.rootKey, versionId)
  const region = scope.regions.alibaba
  const key = version && (await findKey(scope.cache, version.accountUid, region, version.keyId))
  if (key) return { ...target(key.arn, key.accountUid, key), version }
  const uid = scope.caller.account.uid
  return { ...target(keyArn(region, uid, '*'), uid, undefined), version: undefined }
}

/** The row to write on only if it is still what was decided. */
export function decidedKey({ key }: KeyTarget): readonly DecidedRow[] {
  return key ? [{ table: 'kms_keys', id: key.id, version: key.rowVersion }] : []
}

/** A check on a key that principals of other accounts may pass too, when both sides allow. */
export function useCheck(action: string, target: KeyTarget, facts: Facts = {}): Check {
  return {
    language: 'ram',
    action,
    resource: target.arn,
    owner: target.owner,
    ...(target.key ? { resourcePolicy: target.key.policy } : {}),
    facts: { ...keyFacts(target.key), ...facts },
  }
}

/**
 * A check on a key that only its own account's principals can pass (design, section 5, "Cross-account use"): without
 * the key policy's word, another account is never allowed.
 */
export function managementCheck(scope: Scope, action: string, target: KeyTarget, facts: Facts = {}): Check {
  const { resourcePolicy, ...check } = useCheck(action, target, facts)
  const own = target.owner === scope.caller.account.uid
  return own && resourcePolicy ? { ...check, resourcePolicy } : check
}

/** Condition keys that every key operation carries (seed: kms:KeySpec, kms:KeyUsage, kms:KeyOrigin). */
export function keyFacts(key: Pick<Key, 'spec' | 'usage' | 'origin'> | undefined): Facts {
  return key ? { 'kms:KeySpec': key.spec, 'kms:KeyUsage': key.usage, 'kms:KeyOrigin': key.origin } : {}
}

/** Condition keys of an encryption context (seed: kms:EncryptionContext:${Key}, kms:EncryptionContextKeys). */
export function contextFacts(context: Readonly<Record<string, string>> | undefined): Facts {
  const names = Object.keys(context ?? {})
  if (names.length === 0) return {}
  const facts: Record<string, string | readonly string[]> = { 'kms:EncryptionContextKeys': names }
  for (const name of names)
    facts[`kms:EncryptionContext:${name}`] = (context as Record<string, string>)[name] as string
  return facts
}

/** Symmetric calls have no algorithm parameter: its value is always this (reference: alibaba-kms.md F.4-4). */
export const SYMMETRIC_DEFAULT = 'SYMMETRIC_DEFAULT'

/** Raises `KeyStateRejects` unless the key is enabled. */
export function assertEnabled(key: Key): void {
  if (key.state !== 'Enabled') throw refuse({ code: 'KeyStateRejects', state: key.state })
}
