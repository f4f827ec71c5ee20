import { parsePublicLine, writePublicLine } from '../formats/public-line.ts'
import { keyAdmitted } from './admission.ts'
import { sameKey } from './authorized-keys.ts'
import { acceptsKey, type Login, offersPassword } from './connection.ts'
import { type Effective, effectiveConfig, settingOf } from './effective.ts'
import { HostFailure, passes } from './failure.ts'
import { readKeys } from './host-files.ts'
import { linesToRemove } from './job.ts'
import { notRun, openSession } from './session.ts'
import type { StepContext } from './steps.ts'
import { type Judgement, otherWayIn } from './ways-in.ts'

/* What must be seen before a job goes on: that the new key lets in, that something else than the old one does. */

/** A login that runs a command: nothing less is a way in. False where it is refused; raises `HostFailure` for the rest. */
async function letsIn({ host }: StepContext, login: Login): Promise<true | HostFailure> {
  try {
    const session = await openSession(host, login)
    try {
      const ran = await session.run('exit 0')
      return ran.code === 0 ? true : notRun(ran)
    } finally {
      session.close()
    }
  } catch (error) {
    if (error instanceof HostFailure && error.code === 'LoginRefused') return error
    throw error
  }
}

export async function proveKey(context: StepContext): Promise<void> {
  const { host, job, newKey } = context
  const line = job.add as string
  if (newKey) {
    if ((await letsIn(context, { kind: 'key', key: newKey })) === true) return
  } else if (await acceptsKey(host, parsePublicLine(line))) {
    // That the key may sign is no login yet. Who came by a key alone knows that one is enough; else the settings tell.
    const why = context.login.kind === 'key' ? undefined : await settingAgainst(context, true)
    if (why === undefined) return
    throw new HostFailure('KeyNotInForce', `sshd accepts the new key but lets nobody in by it: ${why}`)
  }
  const why = await settingAgainst(context)
  throw new HostFailure(
    'KeyNotInForce',
    `sshd does not accept the new key: ${why === undefined ? '' : `${why}; `}${LOOK_AT}`,
  )
}

const LOOK_AT =
  'look at the permissions of the home folder, at AuthorizedKeysFile, and at PubkeyAuthentication, PubkeyAcceptedAlgorithms and RequiredRSASize'

/** The setting that keeps the new key out, where the host lets it be read; of an `accepted` key, what keeps its user out. */
async function settingAgainst(
  { session, host, sshd, job }: StepContext,
  accepted = false,
): Promise<string | undefined> {
  try {
    const open = await session()
    const effective = await effectiveConfig(open, sshd, host.user, job.id)
    const root = await open.isRoot()
    if (!accepted) return keySettings(effective, root, job.add as string)
    const judged = keyAdmitted(effective, root)
    return judged.way === 'yes' ? undefined : judged.why
  } catch (error) {
    if (error instanceof HostFailure && !passes(error)) return undefined
    throw error
  }
}

export function keySettings(effective: Effective, root: boolean, line: string): string | undefined {
  const key = parsePublicLine(line)
  const type = line.split(' ')[0] ?? ''
  const judged = keyAdmitted(effective, root)
  if (judged.way !== 'yes') return judged.why
  const accepted = settingOf(effective, 'pubkeyacceptedalgorithms')
  const names = type === 'ssh-rsa' ? ['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa'] : [type]
  if (accepted !== '' && !names.some((name) => accepted.split(',').includes(name))) {
    return `PubkeyAcceptedAlgorithms leaves \`${type}\` out`
  }
  const least = Number(settingOf(effective, 'requiredrsasize'))
  const bits = Number(/_(\d+)$/.exec(key.algorithm)?.[1] ?? 0)
  if (type === 'ssh-rsa' && bits < least) return `RequiredRSASize is ${least}, the key has ${bits} bits`
  const files = effective.get('authorizedkeysfile')?.[0] ?? ''
  if (files !== '' && !files.split(/\s+/).some((one) => /(^|\/)\.ssh\/authorized_keys$/.test(one))) {
    return `AuthorizedKeysFile is \`${files}\``
  }
  return undefined
}

/**
 * INVARIANT: before the last key of a job goes, this very user has been seen to get in without it, or what decides it has
 * been read on the host.
 */
export async function proveWayIn(context: StepContext): Promise<void> {
  const { login } = context
  // By the way that is going this still proves what holds for every way: the lists of users, the account, the shell.
  const let_ = await letsIn(context, login)
  if (let_ !== true) throw noOther('no', `the login of this task is not let in any more: ${let_.message}`)
  if (survives(context)) return
  const session = await context.session()
  const { content } = await readKeys(session)
  const offered = await offersPassword(context.host)
  const asRoot = await isFree(context)
  refuseUnless(await otherWayIn({ ...questionOf(context), session, asRoot, offered, file: content }))
}

/** Whether the login of the task goes on to work when its lines are gone. */
export function survives({ login, job }: StepContext): boolean {
  if (login.kind === 'password') return true
  const own = writePublicLine(login.key.public, '')
  return !linesToRemove(job).some((line) => sameKey(line, own))
}

/** Whether root is at hand without a password. */
async function isFree(context: StepContext): Promise<boolean> {
  try {
    return (await (await context.session()).rootWay()) !== 'sudo-password'
  } catch (error) {
    if (!(error instanceof HostFailure) || passes(error)) throw error
    return false
  }
}

export function questionOf({ host, sshd, job }: StepContext) {
  return { host, sshd, id: job.id, going: linesToRemove(job) }
}

/** Raises `NoOtherWayIn` or `WayInUnknown`. */
export function refuseUnless(judged: Judgement): void {
  if (judged.way !== 'yes') throw noOther(judged.way, judged.why)
}

function noOther(way: 'no' | 'unknown', why: string): HostFailure {
  const ask = 'give the password as `auth`, or say `allow_lockout` to take the key away all the same'
  return way === 'no'
    ? new HostFailure('NoOtherWayIn', `the key was kept, as nothing else lets the user in: ${why}; ${ask}`)
    : new HostFailure(
        'WayInUnknown',
        `the key was kept, as it cannot be known whether anything else lets the user in: ${why}; ${ask}`,
      )
}
