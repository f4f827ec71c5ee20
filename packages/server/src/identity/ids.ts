import { randomBytes, randomInt } from 'node:crypto'

/** Ids of the directory, all from the system's CSPRNG and wide enough that two never meet; unique keys watch over it. */

const DIGITS = '0123456789'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Text of `length` characters, each drawn evenly from `alphabet`. */
export function randomText(length: number, alphabet: string): string {
  let text = ''
  // randomInt draws without modulo bias.
  for (let i = 0; i < length; i += 1) text += alphabet[randomInt(alphabet.length)]
  return text
}

/** Uid of an account: 16 digits, the first not 0. */
export function newAccountUid(): string {
  return randomText(1, DIGITS.slice(1)) + randomText(15, DIGITS)
}

/** Domain, project, user, group, policy and agency ids of the Huawei wire: 32 hex digits. */
export function newHexId(): string {
  return randomBytes(16).toString('hex')
}

/** UserId and RoleId of the Alibaba wire: 18 digits, the first not 0. */
export function newRamId(): string {
  return randomText(1, DIGITS.slice(1)) + randomText(17, DIGITS)
}

/** Access key id as clients know them: `LTAI` and 20 letters or digits. */
export function newAccessKeyId(): string {
  return `LTAI${randomText(20, LETTERS + DIGITS)}`
}

/** Access key secret: 40 letters or digits, 238 bits. */
export function newAccessKeySecret(): string {
  return randomText(40, LETTERS + DIGITS)
}

/** Ids of an organization and its folders: 10 lower-case letters or digits; what they are of is said by a prefix. */
export function newTreeId(): string {
  return randomText(10, DIGITS + LETTERS.slice(26))
}
