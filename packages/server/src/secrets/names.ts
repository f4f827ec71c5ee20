import { refuse } from '../base/problem.ts'
import type { SecretType } from './types.ts'

/** `acs:kms:R:UID:secret/NAME` (reference: alibaba-ram.md A.6). A name may hold slashes. */
export function secretArn(region: string, accountUid: string, name: string): string {
  return `acs:kms:${region}:${accountUid}:secret/${name}`
}

/** The container that CreateSecret and ListSecrets are decided on. */
export function secretContainerArn(region: string, accountUid: string): string {
  return `acs:kms:${region}:${accountUid}:secret`
}

/** What a caller wrote in `SecretName`: a name in its own account, or the ARN of any account's secret. */
export interface SecretReference {
  readonly accountUid: string
  readonly name: string
  /** The name that is decided on, whether there is such a secret or not. */
  readonly arn: string
  /** False for an ARN of another region: no such secret exists here. */
  readonly here: boolean
}

/** Longest name (reference: alibaba-kms.md D), and the longest text that may name a secret. */
const LONGEST_NAME = 192
export const LONGEST_SECRET_REFERENCE = 512

const NAME = /^[\u4e00-\u9fffA-Za-z0-9_/+=.@-]+$/
const CHINESE = /[\u4e00-\u9fff]/g
const MOST_CHINESE = 64

/** What stands for a name that the service makes itself. */
export const AUTO = '$Auto'

/** Reads a `SecretName` parameter. Raises `InvalidParameter` for what is neither a name nor an ARN. */
export function readSecretReference(
  text: string,
  ownAccountUid: string,
  region: string,
  parameter = 'SecretName',
): SecretReference {
  const parts = /^acs:kms:([a-z0-9-]+):([0-9]+):secret\/(.+)$/s.exec(text)
  const [, arnRegion = region, accountUid = ownAccountUid, name = text] = parts ?? []
  if (!isName(name)) throw refuse({ code: 'InvalidParameter', name: parameter })
  return { accountUid, name, arn: secretArn(arnRegion, accountUid, name), here: arnRegion === region }
}

function isName(name: string): boolean {
  return name.length <= LONGEST_NAME && NAME.test(name) && (name.match(CHINESE)?.length ?? 0) <= MOST_CHINESE
}

/** Where the names of a type begin. All others keep off `acs/` (reference: alibaba-kms.md D). */
const PREFIXES: Readonly<Partial<Record<SecretType, string>>> = {
  ECS: 'acs/ecs/',
  RAMCredentials: 'acs/ram/user/',
}

/**
 * The name of a new secret: as it was given, or made where the type's names are made (`$Auto`). Raises `InvalidParameter`
 * for a name that the type cannot have.
 */
export function newSecretName(given: string, type: SecretType, userName: string | undefined): string {
  const prefix = PREFIXES[type]
  const made = type === 'RAMCredentials'
  const name = made ? `${prefix}${userName ?? ''}` : given
  const fits = made
    ? given === AUTO
    : prefix === undefined
      ? !name.startsWith('acs/')
      : name.startsWith(prefix)
  if (!fits || !isName(name)) throw refuse({ code: 'InvalidParameter', name: 'SecretName' })
  return name
}

/** What a version or a stage may be called (reference: alibaba-kms.md H-40). */
export const LABEL = '^[A-Za-z0-9_/+=.@-]{1,64}$'
