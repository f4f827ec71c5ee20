import type { HostSession } from './session.ts'
import { word } from './session.ts'

/** Whether a password of the login user could let in, as far as the account itself decides. */
export type PasswordState =
  | { readonly usable: true }
  | { readonly usable: false; readonly why: string }
  | { readonly usable: 'unknown'; readonly why: string }

const UNKNOWN: PasswordState = Object.freeze({
  usable: 'unknown',
  why: 'whether the user has a usable password cannot be read on the host',
})

/**
 * Looks at the password of the login user: as root in shadow, else by what the host tells users of themselves. `asRoot`
 * says whether sudo may be asked.
 */
export async function passwordState(
  session: HostSession,
  user: string,
  asRoot: boolean,
): Promise<PasswordState> {
  if (!(await session.isRoot())) {
    const own = await session.run(OWN)
    const state = own.code === 0 ? ownState(own.output.toString('latin1')) : UNKNOWN
    if (state.usable !== 'unknown' || !asRoot) return state
  }
  const ran = await session.runAsRoot(shadowScript(user))
  return ran.code === 0 ? shadowState(ran.output.toString('latin1')) : UNKNOWN
}

/** shadow's entry of the user after the host's own day since the epoch. Network accounts have none. */
const shadowScript = (user: string) => `
echo $(($(date +%s) / 86400))
getent shadow ${word(user)} || awk -F: -v u=${word(user)} '$1 == u { print; found = 1 } END { exit !found }' /etc/shadow`

const OWN = `
echo $(($(date +%s) / 86400))
passwd -S </dev/null 2>/dev/null || exit 1
chage -l "$(id -un)" </dev/null 2>/dev/null || exit 1`

/** `name:hash:last change:min:max:warn:inactive:expire:`, times in days; see shadow(5). */
export function shadowState(text: string): PasswordState {
  const [day = '', entry = ''] = text.trim().split('\n')
  const [, hash = '', lastChange = '', , max = '', , , expire = ''] = entry.split(':')
  const today = Number(day)
  if (!Number.isInteger(today) || today <= 0 || !entry.includes(':')) return UNKNOWN
  if (hash === '') return no('the user has no password')
  if (/^[!*]/.test(hash)) return no('the password of the user is locked')
  if (!/^(\$[^$]+\$.+|_[./0-9A-Za-z]{19}|[./0-9A-Za-z]{13})$/.test(hash)) {
    return no('the password of the user lets nobody in')
  }
  if (expire !== '' && today >= Number(expire)) return no('the account of the user has expired')
  if (lastChange === '0') return no('the password of the user has expired: a new one must be set')
  const aged = lastChange !== '' && max !== '' && Number(max) >= 0
  if (aged && today > Number(lastChange) + Number(max)) return no('the password of the user has expired')
  return { usable: true }
}

/** What `passwd -S` and `chage -l` tell a user. */
export function ownState(text: string): PasswordState {
  const [day = '', status = '', ...rest] = text.trim().split('\n')
  const kind = status.split(' ')[1] ?? ''
  if (/^NP$/.test(kind)) return no('the user has no password')
  if (/^(L|LK)$/.test(kind)) return no('the password of the user is locked')
  if (!/^(P|PS)$/.test(kind)) return UNKNOWN
  const dates = new Map(
    rest.map((line) => line.split(/\s*:\s*/, 2).map((one) => one.trim()) as [string, string]),
  )
  const password = dates.get('Password expires')
  const account = dates.get('Account expires')
  if (password === undefined || account === undefined) return UNKNOWN
  const changed = dates.get('Last password change') ?? ''
  if (/must be changed/.test(`${password} ${changed}`)) {
    return no('the password of the user has expired: a new one must be set')
  }
  const past = isPast(password, Number(day))
  const gone = isPast(account, Number(day))
  if (past === undefined || gone === undefined) return UNKNOWN
  if (gone) return no('the account of the user has expired')
  return past ? no('the password of the user has expired') : { usable: true }
}

/** Undefined: the date cannot be read. */
function isPast(date: string, today: number): boolean | undefined {
  if (date === 'never') return false
  const at = Date.parse(`${date} UTC`)
  return Number.isNaN(at) ? undefined : today >= Math.floor(at / 86_400_000)
}

function no(why: string): PasswordState {
  return { usable: false, why }
}
