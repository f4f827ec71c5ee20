import { setTimeout as pause } from 'node:timers/promises'
import type { PrivateKey } from '../formats/private-key.ts'
import { parsePublicLine } from '../formats/public-line.ts'
import { addLine, lineState, removeLine } from './authorized-keys.ts'
import { acceptsKey, type HostAddress, logIn, offeredMethods } from './connection.ts'
import { HostFailure } from './failure.ts'
import { editKeys, effectiveConfig, putConfig, readConfig, readKeys } from './host-files.ts'
import { type Found, type HostJob, type Step, stepsOf } from './job.ts'
import type { SshdSetup } from './scripts.ts'
import type { HostSession } from './session.ts'
import { offersPasswords, passwordBlock, withPasswordBlock } from './sshd-config.ts'

/** What every step of a job may use. */
export interface StepContext {
  readonly host: HostAddress
  readonly sshd: SshdSetup
  readonly job: HostJob
  /** The private half of the key to add, where it is at hand: then the proof is a login. */
  readonly newKey: PrivateKey | undefined
  readonly session: () => Promise<HostSession>
}

/** How long sshd may take until a reload shows, in milliseconds. */
const RELOAD = 5000

/** Does a step. All steps may be done again after a crash. Raises `HostFailure`. */
export async function perform(context: StepContext, step: Step): Promise<Found | undefined> {
  const { job, host } = context
  switch (step) {
    case 'inspect':
      return inspect(context)
    case 'add-key':
      await editKeys(await context.session(), job.id, (file) => addLine(file, job.add as string))
      return
    case 'prove-key':
      if (await newKeyWorks(context)) return
      throw new HostFailure(
        'KeyNotInForce',
        'sshd does not accept the new key: look at the permissions of the home folder and at AuthorizedKeysFile',
      )
    case 'set-passwords':
      return switchPasswords(context)
    case 'prove-passwords':
      return provePasswords(context)
    case 'remove-key':
      await editKeys(await context.session(), job.id, (file) => removeLine(file, job.remove as string))
      return
    case 'prove-removal':
      if (!(await acceptsKey(host, parsePublicLine(job.remove as string)))) return
      throw new HostFailure('KeyNotInForce', 'sshd still accepts the old key: another file lets it in')
  }
}

/** Takes a step back. May be done again. Raises `HostFailure`. */
export async function undo(context: StepContext, step: Step, found: Found | undefined): Promise<void> {
  const { job } = context
  if (step === 'add-key' && found && !found.hadAdd) {
    await editKeys(await context.session(), job.id, (file) => removeLine(file, job.add as string))
  }
  if (step === 'remove-key') {
    await editKeys(await context.session(), job.id, (file) => addLine(file, job.remove as string))
  }
  if (step === 'set-passwords' && found?.passwords) await restorePasswords(context, found.passwords)
}

/**
 * Whether the host is as the job wants it, seen from outside alone: for a job that was interrupted after its own way in
 * had been closed.
 */
export async function goalHolds(context: StepContext): Promise<boolean> {
  const { host, job } = context
  if (job.add !== undefined && !(await acceptsKey(host, parsePublicLine(job.add)))) return false
  if (
    stepsOf(job).includes('remove-key') &&
    (await acceptsKey(host, parsePublicLine(job.remove as string)))
  ) {
    return false
  }
  return job.passwords === 'keep' || (await passwordsOffered(host)) === (job.passwords === 'on')
}

async function inspect({ session, job, host, sshd }: StepContext): Promise<Found> {
  const open = await session()
  const file = await readKeys(open)
  if (job.remove !== undefined && lineState(file, job.remove) !== 'present') {
    const how = lineState(file, job.remove) === 'absent' ? 'is missing from' : 'was changed in'
    throw new HostFailure('KeysAltered', `the line of the bound key ${how} authorized_keys`)
  }
  // Raises when the key stands there in a line of someone else.
  if (job.add !== undefined) addLine(file, job.add)
  const hadAdd = job.add !== undefined && lineState(file, job.add) === 'present'
  if (job.passwords === 'keep') return { hadAdd }
  const block = passwordBlock(await readConfig(open, sshd))
  return { hadAdd, passwords: { block, offered: await passwordsOffered(host) } }
}

async function newKeyWorks({ host, job, newKey }: StepContext): Promise<boolean> {
  if (!newKey) return acceptsKey(host, parsePublicLine(job.add as string))
  try {
    const client = await logIn(host, { kind: 'key', key: newKey })
    client.end()
    return true
  } catch (error) {
    if (error instanceof HostFailure && error.code === 'LoginRefused') return false
    throw error
  }
}

async function switchPasswords({ session, job, sshd, host }: StepContext): Promise<undefined> {
  const open = await session()
  const config = await readConfig(open, sshd)
  if (job.passwords === 'off') {
    await putConfig(open, sshd, job.id, config, withPasswordBlock(config, 'no'))
    return
  }
  // Back to what the owner had, where that lets passwords in; else it is said outright.
  const without = withPasswordBlock(config, 'none')
  const effective = await effectiveConfig(open, sshd, host.user, job.id, without)
  const wanted = offersPasswords(effective) ? without : withPasswordBlock(config, 'yes')
  await putConfig(open, sshd, job.id, config, wanted)
}

async function provePasswords(context: StepContext): Promise<undefined> {
  const wanted = context.job.passwords === 'on'
  if (await passwordsBecome(context, wanted)) return
  const how = wanted
    ? 'does not offer password login though it is'
    : 'still offers password login though it is not'
  throw new HostFailure('PasswordLoginNotInForce', `sshd ${how} configured: look for Match sections`)
}

async function restorePasswords(
  context: StepContext,
  before: NonNullable<Found['passwords']>,
): Promise<void> {
  const { session, job, sshd } = context
  const open = await session()
  const config = await readConfig(open, sshd)
  try {
    await putConfig(open, sshd, job.id, config, withPasswordBlock(config, before.block))
  } catch (error) {
    // A reload that fails does no harm where sshd had not read the change either: the probe tells.
    if (!(error instanceof HostFailure) || error.code !== 'SshdConfigRefused') throw error
  }
  const restored = passwordBlock(await readConfig(open, sshd)) === before.block
  if (!restored || !(await passwordsBecome(context, before.offered))) {
    throw new HostFailure('SshdConfigRefused', 'the configuration of sshd could not be restored')
  }
}

/** Waits until sshd offers password login, or no longer does. */
async function passwordsBecome({ host, sshd }: StepContext, wanted: boolean): Promise<boolean> {
  const end = performance.now() + (sshd.reloadTime ?? RELOAD)
  for (;;) {
    try {
      if ((await passwordsOffered(host)) === wanted) return true
    } catch (error) {
      // While it starts again, nothing may be listening.
      if (!(error instanceof HostFailure) || performance.now() > end) throw error
    }
    if (performance.now() > end) return false
    await pause(100)
  }
}

async function passwordsOffered(host: HostAddress): Promise<boolean> {
  const methods = await offeredMethods(host)
  return methods.includes('password') || methods.includes('keyboard-interactive')
}
