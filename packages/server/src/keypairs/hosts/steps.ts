import type { PrivateKey } from '../formats/private-key.ts'
import { parsePublicLine } from '../formats/public-line.ts'
import { addLine, removeLine } from './authorized-keys.ts'
import { acceptsKey, type HostAddress, type Login, offersPassword } from './connection.ts'
import { HostFailure } from './failure.ts'
import { cleanKeys, editKeys } from './host-files.ts'
import { inspect } from './inspect.ts'
import { type Found, type HostJob, linesToRemove, type Step } from './job.ts'
import { provePasswords, restorePasswords, switchPasswords } from './passwords.ts'
import { proveKey, proveWayIn } from './proofs.ts'
import type { SshdSetup } from './scripts.ts'
import type { HostSession } from './session.ts'

/** What every step of a job may use. */
export interface StepContext {
  readonly host: HostAddress
  readonly sshd: SshdSetup
  readonly job: HostJob
  /** How its caller may log in. */
  readonly login: Login
  /** The private half of the key to add, where it is at hand: then the proof is a login. */
  readonly newKey: PrivateKey | undefined
  readonly session: () => Promise<HostSession>
}

/** Does a step. All steps may be done again after a crash. Raises `HostFailure`. */
export async function perform(
  context: StepContext,
  step: Step,
  found: Found | undefined,
): Promise<Found | undefined> {
  const { job } = context
  switch (step) {
    case 'inspect':
      return inspect(context)
    case 'add-key':
      await editKeys(await context.session(), job.id, (file) => addLine(file, job.add as string))
      return
    case 'prove-key':
      await proveKey(context)
      return
    case 'set-passwords':
      if (found?.passwords) await switchPasswords(context)
      return
    case 'prove-passwords':
      if (!found?.passwords) return
      await provePasswords(context)
      // What was read anew may hold more than what this job has changed.
      if (job.add !== undefined) await proveKey(context)
      return
    case 'prove-way-in':
      await proveWayIn(context)
      return
    case 'remove-key':
      await editKeys(await context.session(), job.id, (file) => linesToRemove(job).reduce(removeLine, file))
      return
    case 'prove-removal':
      await proveRemoval(context)
      return
  }
}

async function proveRemoval({ host, job }: StepContext): Promise<void> {
  for (const line of linesToRemove(job)) {
    if (await acceptsKey(host, parsePublicLine(line))) {
      throw new HostFailure('KeyNotInForce', 'sshd still accepts the old key: another file lets it in')
    }
  }
}

/** Takes a step back. May be done again. Raises `HostFailure`. */
export async function undo(context: StepContext, step: Step, found: Found | undefined): Promise<void> {
  const { job } = context
  if (step === 'add-key' && found) {
    const session = await context.session()
    if (!found.hadAdd) await editKeys(session, job.id, (file) => removeLine(file, job.add as string))
    await cleanKeys(session, found.keys)
  }
  if (step === 'remove-key') {
    const lines = found?.going ?? linesToRemove(job)
    await editKeys(await context.session(), job.id, (file) => lines.reduce(addLine, file))
  }
  if (step === 'set-passwords' && found?.passwords) await restorePasswords(context, found.passwords)
}

/**
 * Whether the host is as the job wants it, seen from outside alone: for a job that was interrupted after its own way in
 * had been closed.
 */
export async function goalHolds(context: StepContext, found: Found | undefined): Promise<boolean> {
  const { host, job } = context
  if (job.add !== undefined && !(await acceptsKey(host, parsePublicLine(job.add)))) return false
  for (const line of linesToRemove(job)) {
    if (await acceptsKey(host, parsePublicLine(line))) return false
  }
  return !found?.passwords || (await offersPassword(host)) === (job.passwords === 'on')
}
