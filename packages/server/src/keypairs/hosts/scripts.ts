import { word } from './session.ts'

/*
 * What is run on a host: POSIX shell, with the usual tools of a Linux. Files are given on standard input. Each script ends
 * with 0 or with one of these codes.
 */
export const scriptCode = {
  /** The home, a folder or a file is not there or not as it should be. */
  unreadable: 31,
  /** Writing failed: read-only, full, or no permission. */
  unwritable: 32,
  /** The new content did not arrive whole. */
  incomplete: 33,
  /** The file is no longer the one that was read. */
  moved: 34,
  /** The file is larger than is read. */
  large: 35,
  /** sshd refuses the configuration. */
  refused: 41,
  /** sshd could not be told to reload. */
  notReloaded: 42,
} as const

/** Bytes of a file of the host that are read at most. */
export const MAX_FILE = 1 << 20

/** Prints what there is, `nothing`, `folder` or `file`, on a line of its own, and then authorized_keys of the login user. */
export const readKeysScript = `
cd || exit ${scriptCode.unreadable}
f=.ssh/authorized_keys
[ -e .ssh ] || [ -h .ssh ] || { echo nothing; exit 0; }
[ -d .ssh ] || { echo '~/.ssh is not a folder' >&2; exit ${scriptCode.unreadable}; }
[ -e "$f" ] || { ls -d .ssh/. >/dev/null || exit ${scriptCode.unreadable}; echo folder; exit 0; }
[ -f "$f" ] || { echo '~/.ssh/authorized_keys is not a file' >&2; exit ${scriptCode.unreadable}; }
size=$(wc -c <"$f") || exit ${scriptCode.unreadable}
[ "$size" -le ${MAX_FILE} ] || exit ${scriptCode.large}
echo file
cat "$f" || exit ${scriptCode.unreadable}`

/** Takes away what a job had made and is empty again. */
export function cleanKeysScript(before: 'nothing' | 'folder'): string {
  return `
cd || exit ${scriptCode.unreadable}
f=.ssh/authorized_keys
if [ -h "$f" ]; then f=$(readlink -f "$f") || exit 0; fi
if [ -f "$f" ] && [ ! -s "$f" ]; then rm -f "$f" || exit ${scriptCode.unwritable}; fi
${before === 'nothing' ? 'if [ -d .ssh ] && [ ! -h .ssh ]; then rmdir .ssh 2>/dev/null; fi' : ''}
exit 0`
}

/** A file's new content and what it must still be before. */
export interface Replacement {
  /** Tells the temporary file of one job from another's; hex digits. */
  readonly id: string
  /** SHA-256 of what was read, in hex. */
  readonly before: string
  /** Bytes of the new content, which comes on standard input. */
  readonly size: number
}

/** Shared by both replacements: the new content lies whole and durable beside the file, which is unchanged since. */
const receive = ({ before, size }: Replacement) => `
trap 'rm -f "$t"' EXIT
trap 'exit ${scriptCode.incomplete}' HUP INT TERM PIPE
cat >"$t" || exit ${scriptCode.unwritable}
[ "$(wc -c <"$t")" -eq ${size} ] || exit ${scriptCode.incomplete}
now=$(if [ -e "$f" ]; then cat "$f"; fi | sha256sum) || exit ${scriptCode.unreadable}
[ "\${now%% *}" = ${before} ] || exit ${scriptCode.moved}`

/** The file takes its new content in one moment, and keeps it over a loss of power. */
const commit = `
if command -v restorecon >/dev/null 2>&1; then restorecon "$(dirname "$t")" "$t" >/dev/null 2>&1; fi
sync "$t" 2>/dev/null || sync
mv -f "$t" "$f" || exit ${scriptCode.unwritable}
sync "$(dirname "$f")" 2>/dev/null || sync`

/** Replaces authorized_keys of the login user. A link stays one. */
export function writeKeysScript(replacement: Replacement): string {
  return `
umask 077
cd || exit ${scriptCode.unreadable}
[ -d .ssh ] || mkdir -m 700 .ssh || exit ${scriptCode.unwritable}
f=.ssh/authorized_keys
if [ -h "$f" ]; then
  f=$(readlink -f "$f") && [ -d "$(dirname "$f")" ] || {
    echo '~/.ssh/authorized_keys is a link to a folder that is not there' >&2
    exit ${scriptCode.unwritable}
  }
fi
t="$f.keyward-${replacement.id}"
${receive(replacement)}
chmod 600 "$t" || exit ${scriptCode.unwritable}
if [ -e "$f" ]; then
  owner=$(stat -c %u:%g "$f") || exit ${scriptCode.unreadable}
  [ "$owner" = "$(stat -c %u:%g "$t")" ] || chown "$owner" "$t" || exit ${scriptCode.unwritable}
fi
${commit}
exit 0`
}

/** How sshd of a host is told to read its configuration again, and where that is. From the registry, not from callers. */
export interface SshdSetup {
  /** `/etc/ssh/sshd_config` by default. */
  readonly config?: string
  /** A shell command; by default the service is reloaded by what the system has. */
  readonly reload?: string
  /** How long it may take until a reload shows, in milliseconds; 5000 by default. */
  readonly reloadTime?: number
}

export const configOf = (setup: SshdSetup) => setup.config ?? '/etc/ssh/sshd_config'

export const findSshd = `
PATH="$PATH:/usr/sbin:/usr/local/sbin:/sbin"
sshd=$(command -v sshd) || exit ${scriptCode.unreadable}`

const defaultReload = `
if [ -d /run/systemd/system ]; then
  systemctl reload ssh.service || systemctl reload sshd.service
elif [ -s /run/sshd.pid ]; then
  kill -HUP "$(cat /run/sshd.pid)"
else
  service ssh reload || service sshd reload
fi`

export function readConfigScript(setup: SshdSetup): string {
  return `
f=${word(configOf(setup))}
size=$(wc -c <"$f") || exit ${scriptCode.unreadable}
[ "$size" -le ${MAX_FILE} ] || { echo 'it is too large' >&2; exit ${scriptCode.unreadable}; }
cat "$f" || exit ${scriptCode.unreadable}`
}

/** Replaces the configuration once sshd has tried it, and reloads. */
export function writeConfigScript(setup: SshdSetup, replacement: Replacement): string {
  return `
umask 077
${findSshd}
f=${word(configOf(setup))}
[ -f "$f" ] || exit ${scriptCode.unreadable}
if [ -h "$f" ]; then f=$(readlink -f "$f") || exit ${scriptCode.unreadable}; fi
t="$f.keyward-${replacement.id}"
cp -p "$f" "$t" || { rm -f "$t"; exit ${scriptCode.unwritable}; }
${receive(replacement)}
"$sshd" -t -f "$t" || exit ${scriptCode.refused}
${commit}
{ ${setup.reload ?? defaultReload}
} >&2 || exit ${scriptCode.notReloaded}
exit 0`
}

/** Reloads alone, for a configuration that is as wanted but may not have been read. One that sshd refuses would end it. */
export function reloadScript(setup: SshdSetup): string {
  return `
${findSshd}
"$sshd" -t -f ${word(configOf(setup))} || exit ${scriptCode.refused}
{ ${setup.reload ?? defaultReload}
} >&2 || exit ${scriptCode.notReloaded}`
}
