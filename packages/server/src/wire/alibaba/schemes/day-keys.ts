import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { AccessKeyCredential } from '../../../identity/principal.ts'
import type { Scope } from './scheme.ts'
import { TERMINATOR } from './scope.ts'

/** What an access key signs with on one day, in one region, for one product. */
export interface DayKeys {
  /** The chain as documented: HMAC-SHA256 over date, region, product and `aliyun_v4_request`. */
  readonly documented: KeyObject
  /**
   * The chain of the Node gateway library, which turns every intermediate key, and the last, into text before it keys
   * the next HMAC: bytes that are no UTF-8 become U+FFFD. Undefined where too little is left of it.
   */
  readonly throughText: KeyObject | undefined
}

/**
 * Fewest characters that must be left of a key that passed through text; about seventeen of 32 bytes are. A key of which
 * nothing is left is the same for many secrets: the likeliest such text has odds of one in 2^44, and who guesses may try
 * it on any number of scopes. With six left the odds are below one in 2^70, and no scope in a hundred thousand has less.
 */
const FEWEST_LEFT = 6

/** Remembered scopes an access key; a client uses one or two. */
const MAX_SCOPES = 8

interface Remembered {
  readonly scope: Scope
  readonly keys: DayKeys
}

/** By credential, so that what is derived of a key is forgotten with it. */
const remembered = new WeakMap<AccessKeyCredential, Remembered[]>()

/** The keys of a scope, derived where they are not remembered. */
export function dayKeys(credential: AccessKeyCredential, scope: Scope): DayKeys {
  return find(remembered.get(credential), scope) ?? derive(credential.secretV4, scope)
}

/** Remembers the keys of a scope. To be called once a signature held, so that only who has the key can fill the list. */
export function rememberDayKeys(credential: AccessKeyCredential, scope: Scope, keys: DayKeys): void {
  const list = remembered.get(credential) ?? []
  if (find(list, scope) !== undefined) return
  if (list.length >= MAX_SCOPES) list.shift()
  list.push({ scope, keys })
  remembered.set(credential, list)
}

function find(list: readonly Remembered[] | undefined, scope: Scope): DayKeys | undefined {
  if (list === undefined) return undefined
  for (const { scope: one, keys } of list) {
    if (one.date === scope.date && one.region === scope.region && one.product === scope.product) return keys
  }
  return undefined
}

function derive(secret: KeyObject, { date, region, product }: Scope): DayKeys {
  const links = [region, product, TERMINATOR]
  let key = hmac(secret, date)
  let lossy = throughText(key)
  for (const link of links) {
    key = hmac(key, link)
    lossy = lossy && throughText(hmac(lossy, link))
  }
  return { documented: createSecretKey(key), throughText: lossy && createSecretKey(lossy) }
}

function hmac(key: KeyObject | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** A key after its way through text; undefined where too little is left of it. */
export function throughText(key: Buffer): Buffer | undefined {
  const text = key.toString('utf8')
  let left = 0
  for (const character of text) if (character !== '\ufffd') left++
  return left < FEWEST_LEFT ? undefined : Buffer.from(text, 'utf8')
}
