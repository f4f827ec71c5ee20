import { parsePublicLine } from '../formats/public-line.ts'
import { passwordState } from './account.ts'
import { userAdmitted } from './admission.ts'
import { sameKey } from './authorized-keys.ts'
import { acceptsKey, type HostAddress } from './connection.ts'
import { type Effective, effectiveConfig, enoughAlone, passwordMethods, settingOf } from './effective.ts'
import { HostFailure, passes } from './failure.ts'
import type { SshdSetup } from './scripts.ts'
import type { HostSession } from './session.ts'

/** Whether the login user gets in by some way, and why not or why that cannot be known. */
export type Judgement =
  | { readonly way: 'yes' }
  | { readonly way: 'no'; readonly why: string }
  | { readonly way: 'unknown'; readonly why: string }

export interface Question {
  readonly session: HostSession
  readonly host: HostAddress
  readonly sshd: SshdSetup
  readonly id: string
  /** Whether sudo may be asked where the login user is not root: it asks for no password here. */
  readonly asRoot: boolean
  /** A configuration that is about to be put in force; the one that is there by default. */
  readonly config?: Buffer
  /** Whether sshd offers passwords to this user, as seen from outside; undefined where that is about to change. */
  readonly offered: boolean | undefined
  /** authorized_keys, and the lines of it that are going. */
  readonly file: Buffer
  readonly going: readonly string[]
}

/** How many keys of others are tried; sshd may take many refusals amiss. */
const KEYS_TRIED = 4

/** Judges whether a password, or a key of someone else in the same file, lets the login user in without our key. */
export async function otherWayIn(question: Question): Promise<Judgement> {
  const password = await passwordWay(question)
  if (password.way === 'yes') return password
  const key = await keyWay(question)
  if (key.way === 'yes') return key
  const why = `${password.why}; ${key.why}`
  return { way: password.way === 'unknown' || key.way === 'unknown' ? 'unknown' : 'no', why }
}

async function passwordWay(question: Question): Promise<Judgement> {
  const { session, sshd, host, id, asRoot, config, offered } = question
  if (offered === false) return no('sshd offers this user no password login')
  const root = await session.isRoot()
  let effective: Effective | undefined
  try {
    effective = await effectiveConfig(session, sshd, host.user, id, { asRoot, ...(config ? { config } : {}) })
  } catch (error) {
    if (!(error instanceof HostFailure) || passes(error)) throw error
    // A user who may not read the configuration still sees what is offered, and has just come in by a key alone. That says
    // enough of an ordinary user; of root it does not.
    if (root || config) throw error
  }
  if (effective) {
    const byPassword = passwordAdmitted(effective, root)
    if (byPassword.way !== 'yes') return byPassword
    const admitted = await userAdmitted(session, effective, host.user)
    if (admitted.way !== 'yes') return admitted
  }
  const state = await passwordState(session, host.user, asRoot)
  if (state.usable === true) return { way: 'yes' }
  return state.usable === 'unknown' ? unknown(state.why) : no(state.why)
}

/** What sshd's settings say of a password of this user. */
export function passwordAdmitted(effective: Effective, root: boolean): Judgement {
  const permit = settingOf(effective, 'permitrootlogin')
  if (root && permit !== 'yes') {
    const name = permit === 'without-password' ? 'prohibit-password' : permit
    return no(`PermitRootLogin is \`${name}\``)
  }
  const ways = passwordMethods(effective)
  if (ways.length === 0) return no('PasswordAuthentication is `no` for this user')
  if (!ways.some((method) => enoughAlone(effective, method))) {
    return no(`AuthenticationMethods is \`${settingOf(effective, 'authenticationmethods')}\``)
  }
  return { way: 'yes' }
}

async function keyWay({ host, file, going }: Question): Promise<Judgement> {
  const { keys, strange } = otherKeys(file, going)
  let lost: HostFailure | undefined
  for (const line of keys.slice(0, KEYS_TRIED)) {
    try {
      if (await acceptsKey(host, parsePublicLine(line))) return { way: 'yes' }
    } catch (error) {
      if (!(error instanceof HostFailure)) throw error
      lost = error
    }
  }
  if (lost) return unknown(`whether sshd lets another key in could not be seen: ${lost.message}`)
  if (strange > 0) return unknown('there are other keys of a kind that cannot be asked for')
  return keys.length > KEYS_TRIED
    ? unknown(`sshd refuses the first ${KEYS_TRIED} other keys`)
    : no(
        keys.length === 0 ? 'there is no other key for a login shell' : 'sshd lets none of the other keys in',
      )
}

const KEY = /(?:^|[ \t])((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+[ \t]+[A-Za-z0-9+/]+=*)(?:[ \t]|$)/

/** Keys of others, as OpenSSH lines. One that may only run a fixed command lets nobody in. */
function otherKeys(file: Buffer, going: readonly string[]): { keys: string[]; strange: number } {
  const keys: string[] = []
  let strange = 0
  for (const text of file.toString('latin1').split(/\r?\n/)) {
    const at = /^[ \t]*#/.test(text) ? null : KEY.exec(text)
    if (!at?.[1]) continue
    const options = text.slice(0, at.index)
    if (/(^|,)[ \t]*(command=|cert-authority)/i.test(options)) continue
    const line = at[1].replace(/[ \t]+/, ' ')
    if (going.some((one) => sameKey(one, line))) continue
    try {
      parsePublicLine(line)
      keys.push(line)
    } catch {
      strange += 1
    }
  }
  return { keys, strange }
}

const no = (why: string): Judgement => ({ way: 'no', why })
const unknown = (why: string): Judgement => ({ way: 'unknown', why })
