import { setTimeout as pause } from 'node:timers/promises'
import { keyAdmitted, userAdmitted } from './admission.ts'
import { offersPassword } from './connection.ts'
import { type Effective, effectiveConfig, passwordMethods } from './effective.ts'
import { HostFailure, passes } from './failure.ts'
import { putConfig, readConfig, readConfigAsUser } from './host-files.ts'
import type { Found } from './job.ts'
import { type PasswordBlock, passwordBlock, withPasswordBlock } from './sshd-config.ts'
import type { StepContext } from './steps.ts'

/* Password login: what of it a job has to change, the change, its proof and the way back. */

/** How long sshd may take until a reload shows, in milliseconds. */
const RELOAD = 5000

/** What becomes of password login. */
export interface PasswordPlan {
  /** As it is now; absent where nothing has to change. */
  readonly change?: NonNullable<Found['passwords']>
  /** Whether sshd offers passwords to the user now. */
  readonly offered: boolean
  /** Whether root is at hand without a password. */
  readonly asRoot: boolean
  /** Why it is not switched on although it should be. */
  readonly refused?: HostFailure
}

/**
 * Finds out what has to change. Root is asked for only where something does; the way back is looked at before the way
 * there. Raises `SudoRefused`, `NoWayBack`.
 */
export async function planPasswords({ session, host, sshd, job }: StepContext): Promise<PasswordPlan> {
  const offered = await offersPassword(host)
  const open = await session()
  const root = await open.isRoot()
  const wanted = job.passwords === 'on'
  const against = wanted ? 'no' : 'yes'
  const changes = root || offered !== wanted || (await blockForUser(context(open, sshd))) === against
  if (job.passwords === 'keep' || !changes) return { offered, asRoot: root }
  let asRoot = root
  try {
    const way = await open.rootWay()
    asRoot = way !== 'sudo-password'
    if (!asRoot && !wanted) {
      throw new HostFailure(
        'NoWayBack',
        'sudo asks for a password here: once password login is off, nobody could switch it on again by the key. Allow sudo without a password, or leave password login on',
      )
    }
  } catch (error) {
    // Who takes a key away may have another way in: that is judged. Who binds one has asked for the switch.
    if (!wanted || !(error instanceof HostFailure) || error.code !== 'SudoRefused') throw error
    return { offered, asRoot: false, refused: error }
  }
  const block = passwordBlock(await readConfig(open, sshd))
  return { offered, asRoot, change: { block, offered } }
}

const context = <A, B>(session: A, sshd: B) => ({ session, sshd })

/** What our block says, where the login user may read it. */
async function blockForUser({
  session,
  sshd,
}: {
  readonly session: Parameters<typeof readConfigAsUser>[0]
  readonly sshd: Parameters<typeof readConfigAsUser>[1]
}): Promise<PasswordBlock | undefined> {
  const config = await readConfigAsUser(session, sshd)
  return config && passwordBlock(config)
}

/** The configuration that the job wants, from the one that is there. */
export async function wantedConfig(
  { session, job, sshd, host }: StepContext,
  config: Buffer,
): Promise<{ readonly wanted: Buffer; readonly effective: Effective }> {
  const open = await session()
  const ask = (text: Buffer) => effectiveConfig(open, sshd, host.user, job.id, { config: text, asRoot: true })
  if (job.passwords === 'off') {
    const wanted = withPasswordBlock(config, 'no')
    return { wanted, effective: await ask(wanted) }
  }
  // Back to what the owner had, where that lets passwords in; else it is said outright.
  const without = withPasswordBlock(config, 'none')
  const effective = await ask(without)
  if (passwordMethods(effective).length > 0) return { wanted: without, effective }
  const wanted = withPasswordBlock(config, 'yes')
  return { wanted, effective: await ask(wanted) }
}

/** To read the configuration again puts all of it in force, also what others wrote meanwhile: it must let the key in. */
export async function switchPasswords(step: StepContext): Promise<void> {
  const { session, job, sshd, host } = step
  const open = await session()
  const config = await readConfig(open, sshd)
  const { wanted, effective } = await wantedConfig(step, config)
  const user = await userAdmitted(open, effective, host.user)
  const key = keyAdmitted(effective, await open.isRoot())
  for (const judged of job.add === undefined ? [user] : [user, key]) {
    if (judged.way === 'no') {
      throw new HostFailure(
        'KeyNotInForce',
        `sshd_config as it stands would lock the user out: ${judged.why}`,
      )
    }
  }
  await putConfig(open, sshd, job.id, config, wanted)
}

export async function provePasswords(step: StepContext): Promise<void> {
  const wanted = step.job.passwords === 'on'
  if (await passwordsBecome(step, wanted)) return
  const how = wanted
    ? 'does not offer password login though it is'
    : 'still offers password login though it is not'
  throw new HostFailure('PasswordLoginNotInForce', `sshd ${how} configured: look for Match sections`)
}

export async function restorePasswords(
  step: StepContext,
  before: NonNullable<Found['passwords']>,
): Promise<void> {
  const { session, job, sshd } = step
  const open = await session()
  const config = await readConfig(open, sshd)
  try {
    await putConfig(open, sshd, job.id, config, withPasswordBlock(config, before.block))
  } catch (error) {
    // A reload that fails does no harm where sshd had not read the change either: the probe tells.
    if (!(error instanceof HostFailure) || error.code !== 'SshdConfigRefused') throw error
  }
  const restored = passwordBlock(await readConfig(open, sshd)) === before.block
  if (!restored || !(await passwordsBecome(step, before.offered))) {
    throw new HostFailure('SshdConfigRefused', 'the configuration of sshd could not be restored')
  }
}

/** Waits until sshd offers password login, or no longer does. Asks rarely: sshd may take many questions amiss. */
async function passwordsBecome({ host, sshd }: StepContext, wanted: boolean): Promise<boolean> {
  const end = performance.now() + (sshd.reloadTime ?? RELOAD)
  for (let wait = 50; ; wait = Math.min(wait * 2, 2000)) {
    try {
      if ((await offersPassword(host)) === wanted) return true
    } catch (error) {
      // While it starts again, nothing may be listening.
      if (!(error instanceof HostFailure) || !passes(error) || performance.now() > end) throw error
    }
    if (performance.now() > end) return false
    await pause(wait)
  }
}
