import { HostFailure } from './failure.ts'
import { because, configFailure } from './host-files.ts'
import { configOf, findSshd, type SshdSetup, scriptCode } from './scripts.ts'
import { type HostSession, word } from './session.ts'

/** What sshd makes of its configuration for one user over one connection: as `sshd -T` prints it. */
export type Effective = ReadonlyMap<string, readonly string[]>

/**
 * Asks sshd what holds for the user of a session over its own connection, with everything that a Match line may look at.
 *
 * With `config`, of a configuration that is not in force: as root. Without, of the one that is there: as root where the
 * session is root or `asRoot`, else as the user, who may be unable to read it. Changes nothing that stays. Raises
 * `SshdConfigRefused`.
 */
export async function effectiveConfig(
  session: HostSession,
  setup: SshdSetup,
  user: string,
  id: string,
  more: { readonly config?: Buffer; readonly asRoot?: boolean } = {},
): Promise<Effective> {
  const from = await connectionOf(session)
  const asRoot = more.asRoot === true || (await session.isRoot())
  const script = effectiveScript(setup, matchWords(user, from), id, asRoot, more.config !== undefined)
  const ran = asRoot ? await session.runAsRoot(script, more.config) : await session.run(script)
  if (ran.code === 0) return parseEffective(ran.output.toString('latin1'))
  if (ran.code === scriptCode.unreadable) {
    throw new HostFailure('SshdConfigRefused', `sshd cannot be asked for its configuration${because(ran)}`)
  }
  throw configFailure(ran)
}

export interface ConnectionOfHost {
  readonly addr: string
  readonly laddr: string
  readonly lport: string
}

/** Both ends of the session's connection as the host sees them: a Match line looks at those. */
async function connectionOf(session: HostSession): Promise<ConnectionOfHost> {
  const { output } = await session.run('printf %s "$SSH_CONNECTION"')
  const found = /^([0-9a-zA-Z.:%_-]+) \d+ ([0-9a-zA-Z.:%_-]+) (\d+)$/.exec(output.toString('latin1').trim())
  const [, addr, laddr, lport] = found ?? []
  if (addr === undefined || laddr === undefined || lport === undefined) {
    throw new HostFailure('HostUnsupported', 'the host does not say over which connection it was reached')
  }
  return { addr, laddr, lport }
}

/** The connection test of `sshd -T -C`, but for the host's name and the routing domain. */
function matchWords(user: string, { addr, laddr, lport }: ConnectionOfHost): string {
  return `user=${user},addr=${addr},laddr=${laddr},lport=${lport}`
}

/** Versions before 7.8 know no routing domain. With `UseDNS`, a Match Host line sees the name of the address. */
function effectiveScript(
  setup: SshdSetup,
  match: string,
  id: string,
  asRoot: boolean,
  fromInput: boolean,
): string {
  const source = fromInput
    ? `t="$f.keyward-${id}"
trap 'rm -rf "$t" "$k"' EXIT
cat >"$t" || exit ${scriptCode.unwritable}`
    : `t=$f
trap 'rm -rf "$k"' EXIT
[ -r "$t" ] || { echo "$t cannot be read" >&2; exit ${scriptCode.unreadable}; }`
  const addr = /addr=([^,]*)/.exec(match)?.[1] ?? ''
  return `
umask 077
${findSshd}
f=${word(configOf(setup))}
k=
${source}
c=${word(match)}
test_with() {
  "$sshd" "$@" -f "$t" -C "$c,host=$h,rdomain=" 2>/dev/null || "$sshd" "$@" -f "$t" -C "$c,host=$h"
}
ask() { ${asRoot ? 'test_with -T' : ASK_AS_USER}; }
${asRoot ? '' : KEY_OF_USER}
h=${word(addr)}
out=$(ask) || exit ${scriptCode.refused}
case $out in *"usedns yes"*)
  h=$(getent hosts "$h" | { read -r _ name _; echo "$name"; })
  [ -n "$h" ] || h=${word(addr)}
  out=$(ask) || exit ${scriptCode.refused} ;;
esac
printf '%s\\n' "$out"`
}

/** Who is not root cannot read the host keys, which `sshd -T` insists on: one of their own serves. `-G` needs none. */
const ASK_AS_USER = 'test_with -G 2>/dev/null || test_with -T -h "$k/key"'
/** A folder that cannot be listed would be passed over in silence. */
const KEY_OF_USER = `
for one in "$f" $(sed -n 's/^[ \\t]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][ \\t=]*//p' "$f"); do
  d=$(dirname "$one")
  [ ! -e "$d" ] || { [ -r "$d" ] && [ -x "$d" ]; } || { echo "$d cannot be read" >&2; exit ${scriptCode.unreadable}; }
done
k=$(mktemp -d) && ssh-keygen -q -t ed25519 -N '' -f "$k/key" </dev/null >/dev/null || exit ${scriptCode.unreadable}`

export function parseEffective(text: string): Effective {
  const settings = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [name = '', ...rest] = line.trim().split(' ')
    if (name === '') continue
    const key = name.toLowerCase()
    settings.set(key, [...(settings.get(key) ?? []), rest.join(' ')])
  }
  return settings
}

/** The one value of a setting, in lower case; empty where sshd prints none. */
export function settingOf(effective: Effective, name: string): string {
  return (effective.get(name)?.[0] ?? '').toLowerCase()
}

/** The methods by which sshd takes a password. Without PAM there is nobody who asks questions. */
export function passwordMethods(effective: Effective): readonly string[] {
  const asks = ['kbdinteractiveauthentication', 'challengeresponseauthentication'].some(
    (name) => settingOf(effective, name) === 'yes',
  )
  return [
    ...(settingOf(effective, 'passwordauthentication') === 'yes' ? ['password'] : []),
    ...(asks && settingOf(effective, 'usepam') === 'yes' ? ['keyboard-interactive'] : []),
  ]
}

/** Whether AuthenticationMethods lets in who has shown this one thing. */
export function enoughAlone(effective: Effective, method: string): boolean {
  const lists = settingOf(effective, 'authenticationmethods')
  if (lists === '' || lists === 'any') return true
  return lists.split(/\s+/).some((list) => list.replace(/:[a-z]+$/, '') === method)
}
