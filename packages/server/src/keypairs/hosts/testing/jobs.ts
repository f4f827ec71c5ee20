import { onTestFinished } from 'vitest'
import type { PrivateKey } from '../../formats/private-key.ts'
import { writePublicLine } from '../../formats/public-line.ts'
import { generateKey } from '../../generate.ts'
import { type Login, logIn } from '../connection.ts'
import { HostFailure } from '../failure.ts'
import type { Entry, HostJob, Outcome } from '../job.ts'
import { type HostRun, runHostJob } from '../run-job.ts'
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
