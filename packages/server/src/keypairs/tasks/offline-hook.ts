import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { HostFailure, quoted } from '../hosts/failure.ts'
import type { HostJob } from '../hosts/job.ts'
import type { Host } from '../hosts/registry.ts'

/** Names of programs: nothing that leads out of the folder. */
export const HOOK_NAME = '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$'

const PATIENCE = 10 * 60_000
const MAX_WORDS = 4096

/** What a hook gets, as JSON on its standard input. It must be safe to run again with the same. */
export interface HookOrder {
  readonly server: { readonly id: string; readonly name: string; readonly address: string }
  readonly user: string
  /** The line to put into authorized_keys, and the one to take out, where there is one. */
  readonly add?: string
  readonly remove?: string
  readonly passwords: HostJob['passwords']
}

/**
 * Runs the program that edits the disk of a shut-off host: where that disk is, only the operator knows. Raises
 * `HostFailure` when there is none or it ends with anything but 0; its error output is for people.
 */
export function runOfflineHook(folder: string | undefined, host: Host, job: HostJob): Promise<void> {
  if (host.offline_hook === '') {
    return Promise.reject(
      new HostFailure(
        'HostUnreachable',
        'the host is shut off and has no offline hook: start it, or name one',
      ),
    )
  }
  if (folder === undefined || !new RegExp(HOOK_NAME).test(host.offline_hook)) {
    return Promise.reject(
      new HostFailure('OfflineHookFailed', 'the service was started without `--offline-hooks FOLDER`'),
    )
  }
  const order: HookOrder = {
    server: { id: host.server_id, name: host.name, address: host.address },
    user: host.login_user,
    ...(job.add === undefined ? {} : { add: job.add }),
    ...(job.remove === undefined ? {} : { remove: job.remove }),
    passwords: job.passwords,
  }
  return run(join(folder, host.offline_hook), JSON.stringify(order))
}

function run(program: string, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new HostFailure('OfflineHookFailed', why))
    const child = spawn(program, [], {
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: PATIENCE,
    })
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (words.length < MAX_WORDS) words += text
    })
    child.on('error', (error: NodeJS.ErrnoException) =>
      fail(`the offline hook cannot be started: ${quoted(String(error.code))}`),
    )
    child.on('close', (code) => {
      if (code === 0) resolve()
      else fail(`the offline hook failed${words.trim() === '' ? '' : `: ${quoted(words)}`}`)
    })
    // A hook may end before it has read its input.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
