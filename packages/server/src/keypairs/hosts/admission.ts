import { type Effective, enoughAlone, settingOf } from './effective.ts'
import type { HostSession } from './session.ts'
import type { Judgement } from './ways-in.ts'

/* What sshd_config says of who may log in at all, and by a key; see sshd_config(5), DenyUsers and the others. */

/** Whether the lists of users and groups let this user in. */
export async function userAdmitted(
  session: HostSession,
  effective: Effective,
  user: string,
): Promise<Judgement> {
  const { output } = await session.run('printf "%s\\n" "$SSH_CONNECTION"; id -Gn')
  const [connection = '', groups = ''] = output.toString('latin1').split('\n')
  return admitted(effective, user, connection.split(' ')[0] ?? '', groups.split(' '))
}

export function admitted(
  effective: Effective,
  user: string,
  address: string,
  groups: readonly string[],
): Judgement {
  const inUsers = (list: string) => listHolds(effective.get(list), (one) => userMatches(one, user, address))
  const inGroups = (list: string) =>
    listHolds(effective.get(list), (one) => groups.some((group) => globMatches(one, group)))
  const lists = [
    ['DenyUsers', inUsers('denyusers'), false],
    ['AllowUsers', inUsers('allowusers'), true],
    ['DenyGroups', inGroups('denygroups'), false],
    ['AllowGroups', inGroups('allowgroups'), true],
  ] as const
  for (const [name, holds, wanted] of lists) {
    if (holds === undefined || holds === wanted) continue
    if (holds === 'unknown') return { way: 'unknown', why: `${name} names networks: it is not read here` }
    return { way: 'no', why: `${name} keeps this user out` }
  }
  return { way: 'yes' }
}

/** Whether sshd lets this user in by a key alone, as far as its settings tell. */
export function keyAdmitted(effective: Effective, root: boolean): Judgement {
  const permit = settingOf(effective, 'permitrootlogin')
  if (root && (permit === 'no' || permit === 'forced-commands-only')) {
    return { way: 'no', why: `PermitRootLogin is \`${permit}\`` }
  }
  if (settingOf(effective, 'pubkeyauthentication') === 'no') {
    return { way: 'no', why: 'PubkeyAuthentication is `no` for this user' }
  }
  return enoughAlone(effective, 'publickey')
    ? { way: 'yes' }
    : { way: 'no', why: `AuthenticationMethods is \`${settingOf(effective, 'authenticationmethods')}\`` }
}

type Holds = boolean | 'unknown' | undefined

/** A pattern after `!` that matches decides against the list. Undefined: there is no list. */
function listHolds(lines: readonly string[] | undefined, matches: (one: string) => Holds): Holds {
  const patterns = (lines ?? []).flatMap((line) => line.split(/[ \t]+/)).filter((one) => one !== '')
  if (patterns.length === 0) return undefined
  let holds: Holds = false
  for (const pattern of patterns) {
    const against = pattern.startsWith('!')
    const match = matches(against ? pattern.slice(1) : pattern)
    if (match === true && against) return false
    if (match === true) holds = true
    if (match === 'unknown' && holds === false) holds = 'unknown'
  }
  return holds
}

/** `user` or `user@host`, where the host may also be a network, which is not read here. */
function userMatches(pattern: string, user: string, address: string): Holds {
  const at = pattern.lastIndexOf('@')
  if (globMatches(pattern, user)) return true
  if (at < 0 || !globMatches(pattern.slice(0, at), user)) return false
  const host = pattern.slice(at + 1)
  if (globMatches(host, address)) return true
  return /^[0-9a-fA-F.:*?]+$/.test(host) ? false : 'unknown'
}

/** `*` and `?`, and nothing else, over the whole text. */
function globMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^]*')
    .replaceAll('?', '[^]')
  return new RegExp(`^${source}$`).test(text)
}
