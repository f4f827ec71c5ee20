import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { PrivateKey } from '../../formats/private-key.ts'
import { writePublicLine } from '../../formats/public-line.ts'
import { customaryFormat, writePrivateKey } from '../../formats/write-private-key.ts'
import { generateKey } from '../../generate.ts'
import { type Login, logIn } from '../connection.ts'
import { HostFailure, passes } from '../failure.ts'
import type { Entry, HostJob, Outcome } from '../job.ts'
import { type HostRun, runHostJob } from '../run-job.ts'
import { openSession } from '../session.ts'
import { startHost, type TestHost, type TestHostOptions } from './sshd.ts'

/** A host that stops with the test that asked for it. */
export async function hostForTest(options?: TestHostOptions): Promise<TestHost> {
  const host = await startHost(options)
  onTestFinished(() => host.stop())
  return host
}

/** What an administrator has in authorized_keys besides. */
export const foreignLines =
  '# mine\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y admin\n'

export const newKey = () => generateKey('SSH_ED25519')
export const lineOf = (key: PrivateKey) => writePublicLine(key.public, 'pair')
export const byPassword = (host: TestHost): Login => ({ kind: 'password', password: host.password })
export const byKey = (key: PrivateKey): Login => ({ kind: 'key', key })

/** Runs a job on a test host; the journal comes back with the outcome. */
export async function runJob(
  host: TestHost,
  login: Login,
  job: Omit<HostJob, 'id'>,
  more: Partial<HostRun> = {},
): Promise<{ outcome: Outcome; journal: readonly Entry[] }> {
  const journal: Entry[] = [...(more.journal ?? [])]
  const outcome = await runHostJob({
    host: host.address,
    sshd: host.setup,
    login,
    job: { id: 'a1b2', ...job },
    retryPause: 100,
    save: async (entry) => {
      journal.push(entry)
    },
    ...more,
    journal: more.journal ?? [],
  })
  return { outcome, journal }
}

export async function canLogIn(host: TestHost, login: Login): Promise<boolean> {
  try {
    const client = await logIn(host.address, login)
    client.end()
    return true
  } catch (error) {
    if (error instanceof HostFailure && error.code === 'LoginRefused') return false
    throw error
  }
}

/** Whether a login runs a command: a login that does not is none. */
export async function getsIn(host: TestHost, login: Login, tries = 5): Promise<boolean> {
  try {
    const session = await openSession(host.address, login)
    const { code } = await session.run('exit 0').finally(() => session.close())
    return code === 0
  } catch (error) {
    if (!(error instanceof HostFailure)) throw error
    if (error.code === 'LoginRefused') return false
    if (!passes(error) || tries <= 1) throw error
    return getsIn(host, login, tries - 1)
  }
}

/** Logs in with the real `ssh` and returns what a command printed there. Throws when it is refused. */
export async function sshInto(host: TestHost, key: PrivateKey, command: string): Promise<string> {
  const identity = `${host.config}-identity`
  writeFileSync(identity, writePrivateKey(key, customaryFormat(key)), { mode: 0o600 })
  const { port, user } = host.address
  const options = [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
  ]
  const flags = options.flatMap((option) => ['-o', option])
  const args = ['-F', 'none', '-i', identity, '-p', String(port), ...flags, `${user}@127.0.0.1`, command]
  const { stdout } = await promisify(execFile)('ssh', args)
  return stdout
}
