import { newAccessKeySecret, randomText } from './ids.ts'
import { openText, sealText, type TextKeys } from './sealed-text.ts'

/**
 * What a security token holds: all of a session. Nothing of it is in the database, so opening one writes nothing and any
 * process can verify it; the session is alive while its role, by its id, is.
 */
export interface TokenContent {
  /** `STS.` and 20 letters or digits: the temporary access key that the token goes with. */
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly accountUid: string
  /** Row of the role: one of the same name that is made later has another. */
  readonly roleId: string
  readonly name: string
  /** Milliseconds since the epoch, by the service's clock. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly sourceIdentity?: string
  /** Tags of the session, with those that it was handed on. */
  readonly tags?: Readonly<Record<string, string>>
  /** Of these, the keys that every further session gets too. */
  readonly transitiveTags?: readonly string[]
  /** Session policies: a text of the language, and ids of policies of the role's account. */
  readonly policies?: {
    readonly language: 'ram' | 'iam'
    readonly text?: string
    readonly ids?: readonly string[]
  }
}

/** A temporary access key with its token, in clear: shown once. */
export interface TemporaryKey {
  readonly id: string
  readonly secret: string
  readonly token: string
}

/** Longer texts are no tokens and are not opened. */
const LONGEST_TOKEN = 16 * 1024

export interface Tokens {
  issue(session: Omit<TokenContent, 'accessKeyId' | 'accessKeySecret'>): TemporaryKey
  /** Undefined when the text is no token of this service. */
  open(token: string): TokenContent | undefined
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function tokensOf(keyring: TextKeys): Tokens {
  return {
    issue(session) {
      const accessKeyId = `STS.${randomText(20, ALPHABET)}`
      const accessKeySecret = newAccessKeySecret()
      const content: TokenContent = { accessKeyId, accessKeySecret, ...session }
      return {
        id: accessKeyId,
        secret: accessKeySecret,
        token: sealText(keyring, 'security-tokens', JSON.stringify(content)),
      }
    },
    open(token) {
      if (token.length > LONGEST_TOKEN) return undefined
      const text = openText(keyring, 'security-tokens', token)
      return text === undefined ? undefined : (JSON.parse(text) as TokenContent)
    },
  }
}

/** Whether an access key id is one of a session. */
export function isTemporary(accessKeyId: string): boolean {
  return accessKeyId.startsWith('STS.')
}
