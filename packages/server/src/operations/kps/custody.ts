import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { type CustodyRow, openPrivateKey, type Protection } from '../../keypairs/custody.ts'
import { MAX_PRIVATE_KEY, parsePrivateKey } from '../../keypairs/formats/read-private-key.ts'
import type { Check, DecidedRow } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope } from '../../pipeline/scope.ts'
import { type BlobTarget, openBlob, resolveBlob } from '../kms/decrypt.ts'
import { dataKeyState, makeDataKey } from '../kms/generate-data-key.ts'
import { symmetricCheck } from '../kms/key-checks.ts'
import { decidedKey, type KeyTarget, keyFor, resolveKey } from '../kms/key-target.ts'
import { check, closed, urn } from './common.ts'

/** Id of a key of the account: no ARN, so that it is no other's. Clients send an empty one for `default`. */
const KmsKeyId = Type.String({ pattern: '^[A-Za-z0-9_-]{0,64}$' })
/** Name of an alias, with or without its `alias/`. */
const KmsKeyName = Type.String({ pattern: '^[A-Za-z0-9_/.-]{0,255}$' })

export const Encryption = Type.Object(
  {
    type: Type.Union([Type.Literal('default'), Type.Literal('kms')]),
    kms_key_name: Type.Optional(KmsKeyName),
    kms_key_id: Type.Optional(KmsKeyId),
  },
  closed,
)
export const PrivateKeyText = Secret(Type.String({ minLength: 1, maxLength: MAX_PRIVATE_KEY }))

/** How a private key is to be kept: a KMS key that was looked for, or none. */
export interface Guard {
  readonly kind: 'default' | 'kms'
  /** The id that was given or found. */
  readonly keyId: string | undefined
  readonly givenId: string | undefined
  readonly target: KeyTarget | undefined
  /** Whether the caller named the key, by id or by name. */
  readonly called: boolean
}

const DEFAULT: Guard = Object.freeze({
  called: false,
  kind: 'default',
  keyId: undefined,
  givenId: undefined,
  target: undefined,
})

/** Finds the KMS key of an `encryption`. Raises `InvalidParameter` where none or two are named. */
export async function resolveGuard(
  scope: ResolveScope,
  encryption: Static<typeof Encryption>,
  field: string,
): Promise<Guard> {
  if (encryption.type === 'default') return DEFAULT
  const id = encryption.kms_key_id || undefined
  const name = encryption.kms_key_name || undefined
  if (id === undefined && name === undefined) {
    throw invalid(field, 'encryption by `kms` needs `kms_key_id` or `kms_key_name`')
  }
  const byId = id === undefined ? undefined : await resolveKey(scope, id, `${field}.kms_key_id`)
  const alias = name === undefined || name.startsWith('alias/') ? name : `alias/${name}`
  const byName = alias === undefined ? undefined : await resolveKey(scope, alias, `${field}.kms_key_name`)
  if (byId && byName && byId.arn !== byName.arn) {
    // Told to who may use the key alone: it shows what the alias stands for.
    const { problem } = invalid(field, '`kms_key_id` and `kms_key_name` are two keys')
    return {
      called: true,
      kind: 'kms',
      keyId: id,
      givenId: id,
      target: { ...byId, key: undefined, missing: problem },
    }
  }
  const target = (byId ?? byName) as KeyTarget
  return { called: true, kind: 'kms', keyId: target.key?.id ?? id, givenId: id, target }
}

function invalid(name: string, detail: string) {
  return refuse({ code: 'InvalidParameter', name, detail })
}

/**
 * What keeping a private key needs of the same caller (seed: kps-authorization.txt, Table 2): to list keys and to make a
 * data key, in the language of this wire; and that the other wire's policies, the key's own among them, forbid neither.
 */
export function guardChecks(scope: CheckScope, guard: Guard | undefined): readonly Check[] {
  if (!guard?.target) return scope.strictDependencies ? listAndMake(scope, '*') : []
  const asked = symmetricCheck('kms:GenerateDataKey', guard.target, undefined)
  const veto = guard.called
    ? ({ ...asked, act: 'veto' } as const)
    : vetoOf(scope, 'kms:GenerateDataKey', guard.target)
  return [...listAndMake(scope, guard.keyId ?? '*', guard.givenId ?? '*'), listVeto(scope), veto]
}

/** A check of which a refused caller is told as of one on everything. */
function unnamed(check: Check, { facts, owner, resource }: Check): Check {
  return { ...check, asMissing: { facts, owner, resource } }
}

/** The other wire's word on a KMS key that the caller did not name. */
function vetoOf(scope: CheckScope, action: string, target: KeyTarget): Check {
  const { uid } = scope.caller.account
  const check = symmetricCheck(action, target, undefined)
  const resource = `acs:kms:${scope.regions.alibaba}:${uid}:key/*`
  return { ...check, act: 'veto', asMissing: { facts: check.asMissing?.facts ?? {}, owner: uid, resource } }
}

/** `called`: the id as the caller wrote it, who may not know which key a name stands for. */
function listAndMake(scope: CheckScope, keyId: string, called = keyId): readonly Check[] {
  const make = keyCheck(scope, 'createDataKey', keyId)
  const { facts, owner, resource } = keyCheck(scope, 'createDataKey', called)
  return [keyCheck(scope, 'list', '*'), { ...make, asMissing: { facts, owner, resource } }]
}

function keyCheck(scope: CheckScope, action: string, keyId: string): Check {
  return check(scope, `kms:cmk:${action}`, urn(scope, 'kms', 'KeyId', keyId))
}

function listVeto(scope: CheckScope): Check {
  const { uid } = scope.caller.account
  const resource = `acs:kms:${scope.regions.alibaba}:${uid}:key`
  return { language: 'ram', action: 'kms:ListKeys', resource, owner: uid, facts: {}, act: 'veto' }
}

/** `kps:KmsKeyId` of a call that names a KMS key (seed: kps-authorization.txt, Table 4). */
export function guardFacts(guard: Guard | undefined): { readonly 'kps:KmsKeyId'?: string } {
  return guard?.keyId === undefined ? {} : { 'kps:KmsKeyId': guard.keyId }
}

/** The row of the KMS key, whose state and policy were decided on. */
export function decidedGuard(guard: Guard | undefined): readonly DecidedRow[] {
  return guard?.target ? decidedKey(guard.target) : []
}

/** A way to seal a private key: with a fresh data key where a KMS key guards it. Raises what KMS says of that key. */
export async function makeProtection(scope: Scope, guard: Guard): Promise<Protection> {
  if (!guard.target) return { kind: 'default' }
  dataKeyState('GenerateDataKey')(scope, undefined, guard.target)
  return makeDataKey(scope, { KeyId: '' }, guard.target, ({ bytes, blob, keyId }) => ({
    kind: 'kms',
    keyId,
    dataKey: bytes,
    blob,
  }))
}

/** A private key in custody and, where one guards it, the KMS key. */
export interface Kept {
  readonly row: CustodyRow
  readonly source: BlobTarget | undefined
}

export async function resolveKept(
  scope: ResolveScope,
  row: CustodyRow | undefined,
): Promise<Kept | undefined> {
  if (!row) return undefined
  return { row, source: row.data_key === null ? undefined : await resolveBlob(scope, row.data_key) }
}

/** What opening it needs of the same caller: to decrypt the data key, if there is one. */
export function keptChecks(scope: CheckScope, kept: Kept | undefined): readonly Check[] {
  if (!kept?.source) return scope.strictDependencies ? [keyCheck(scope, 'decryptDataKey', '*')] : []
  // The caller named the pair: no refusal shows which key guards it.
  const any = keyCheck(scope, 'decryptDataKey', '*')
  const decrypt = keyCheck(scope, 'decryptDataKey', kept.row.kms_key_id ?? '*')
  return [unnamed(decrypt, any), vetoOf(scope, 'kms:Decrypt', kept.source.source)]
}

/** The text of a private key, as ssh reads it. Raises what KMS says of its key. */
export function openKept(scope: Scope, { row, source }: Kept): string {
  if (source) keyFor(scope, 'Decrypt', source.source)
  const dataKey = source && Buffer.from(openBlob(scope, source, undefined), 'base64')
  // Again, though imports write it so: rows of earlier versions hold what was given.
  return parsePrivateKey(openPrivateKey(scope.keyring, row, dataKey)).text
}
