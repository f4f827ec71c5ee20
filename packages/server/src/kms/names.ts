import { refuse } from '../base/problem.ts'

/** `acs:kms:R:UID:key/ID` (reference: alibaba-ram.md A.6). */
export function keyArn(region: string, accountUid: string, keyId: string): string {
  return `acs:kms:${region}:${accountUid}:key/${keyId}`
}

/** The container that CreateKey and ListKeys are decided on. */
export function keyContainerArn(region: string, accountUid: string): string {
  return `acs:kms:${region}:${accountUid}:key`
}

/** `acs:kms:R:UID:alias/NAME`: the name has its `alias/`, once (design, section 5). */
export function aliasArn(region: string, accountUid: string, aliasName: string): string {
  return `acs:kms:${region}:${accountUid}:${aliasName}`
}

/** The container that ListAliases is decided on. */
export function aliasContainerArn(region: string, accountUid: string): string {
  return `acs:kms:${region}:${accountUid}:alias`
}

/** `acs:kms:R:UID:certificate/ID`: as much of certificates as the calls on tags must name. */
export function certificateArn(region: string, accountUid: string, id: string): string {
  return `acs:kms:${region}:${accountUid}:certificate/${id}`
}

/** What a caller wrote in `KeyId`: an id of its own account, an alias, or the ARN of any account's key. */
export interface KeyReference {
  readonly kind: 'key' | 'alias'
  readonly accountUid: string
  /** Key id, or the alias with its `alias/`. */
  readonly name: string
  /** The name that is decided on when there is no such key. */
  readonly arn: string
  /** False for an ARN of another region: no such key exists here. */
  readonly here: boolean
}

/** The longest `KeyId` that is looked at. */
export const LONGEST_KEY_REFERENCE = 512

/**
 * Reads a `KeyId` parameter. Raises `InvalidParameter` for what is none of the forms (reference: alibaba-kms.md C.4).
 */
export function readKeyReference(
  text: string,
  ownAccountUid: string,
  region: string,
  parameter = 'KeyId',
): KeyReference {
  if (text === '' || text.length > LONGEST_KEY_REFERENCE)
    throw refuse({ code: 'InvalidParameter', name: parameter })
  if (!text.startsWith('acs:')) {
    return text.startsWith('alias/')
      ? reference('alias', ownAccountUid, text, aliasArn(region, ownAccountUid, text), true)
      : reference('key', ownAccountUid, text, keyArn(region, ownAccountUid, text), true)
  }
  const parts = /^acs:kms:([a-z0-9-]+):([0-9]+):(key|alias)\/(.+)$/s.exec(text)
  if (!parts) throw refuse({ code: 'InvalidParameter', name: parameter })
  const [, arnRegion, accountUid = '', type, name = ''] = parts
  const here = arnRegion === region
  return type === 'key'
    ? reference('key', accountUid, name, text, here)
    : reference('alias', accountUid, `alias/${name}`, text, here)
}

function reference(
  kind: KeyReference['kind'],
  accountUid: string,
  name: string,
  arn: string,
  here: boolean,
): KeyReference {
  return { kind, accountUid, name, arn, here }
}
