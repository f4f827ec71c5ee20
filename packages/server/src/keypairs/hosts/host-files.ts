import { hash } from 'node:crypto'
import { HostFailure, quoted } from './failure.ts'
import type { KeysBefore } from './job.ts'
import {
  cleanKeysScript,
  MAX_FILE,
  readConfigScript,
  readKeysScript,
  reloadScript,
  type SshdSetup,
  scriptCode,
  writeConfigScript,
  writeKeysScript,
} from './scripts.ts'
import { type HostSession, NOT_RUN, notRun, type Ran } from './session.ts'

/** How often a file that someone else changes at the same time is read and edited again. */
const ATTEMPTS = 3

/** authorized_keys as it is, and what of its way is there. */
export interface KeysFile {
  readonly content: Buffer
  readonly before: KeysBefore
}

export async function readKeys(session: HostSession): Promise<KeysFile> {
  const ran = await session.run(readKeysScript)
  if (ran.code === 0) {
    const end = ran.output.indexOf(0x0a)
    const before = ran.output.subarray(0, end).toString('latin1') as KeysBefore
    return { before, content: ran.output.subarray(end + 1) }
  }
  if (ran.code === scriptCode.unreadable) {
    throw new HostFailure('KeysNotWritable', `authorized_keys cannot be read${because(ran)}`)
  }
  if (ran.code === scriptCode.large) {
    throw new HostFailure(
      'KeysTooLarge',
      `authorized_keys is larger than ${MAX_FILE} bytes, which is the most that is read`,
    )
  }
  throw unsupported(ran)
}

/** Takes away the file and the folder that a job had made, where they are empty. */
export async function cleanKeys(session: HostSession, before: KeysBefore | undefined): Promise<void> {
  if (before !== 'nothing' && before !== 'folder') return
  const ran = await session.run(cleanKeysScript(before))
  if (ran.code !== 0) throw keysFailure(ran)
}

/** Reads, edits and replaces authorized_keys; does nothing when the edit changes nothing. */
export async function editKeys(
  session: HostSession,
  id: string,
  edit: (file: Buffer) => Buffer,
): Promise<void> {
  for (let left = ATTEMPTS; ; left -= 1) {
    const { content: before } = await readKeys(session)
    const after = edit(before)
    if (after.equals(before)) return
    const ran = await session.run(writeKeysScript(replacementOf(id, before, after)), after)
    if (ran.code === 0) return
    if (ran.code === scriptCode.moved && left > 1) continue
    throw keysFailure(ran)
  }
}

function keysFailure(ran: Ran): HostFailure {
  switch (ran.code) {
    case scriptCode.unreadable:
    case scriptCode.unwritable:
      return new HostFailure('KeysNotWritable', `authorized_keys cannot be written${because(ran)}`)
    case scriptCode.incomplete:
      return new HostFailure('ConnectionLost', 'the connection was lost while authorized_keys was written')
    case scriptCode.moved:
      return new HostFailure('KeysAltered', 'authorized_keys is being changed by someone else')
    default:
      return unsupported(ran)
  }
}

export async function readConfig(session: HostSession, setup: SshdSetup): Promise<Buffer> {
  const ran = await session.runAsRoot(readConfigScript(setup))
  if (ran.code !== 0) throw new HostFailure('SshdConfigRefused', `sshd_config cannot be read${because(ran)}`)
  return ran.output
}

/** As the login user, root or not; undefined where that user may not read it. */
export async function readConfigAsUser(session: HostSession, setup: SshdSetup): Promise<Buffer | undefined> {
  const ran = await session.run(readConfigScript(setup))
  return ran.code === 0 ? ran.output : undefined
}

/** Replaces sshd's configuration and has it read; when nothing changes, only has it read. */
export async function putConfig(
  session: HostSession,
  setup: SshdSetup,
  id: string,
  before: Buffer,
  after: Buffer,
): Promise<void> {
  const ran = after.equals(before)
    ? await session.runAsRoot(reloadScript(setup))
    : await session.runAsRoot(writeConfigScript(setup, replacementOf(id, before, after)), after)
  if (ran.code !== 0) throw configFailure(ran)
}

export function configFailure(ran: Ran): HostFailure {
  switch (ran.code) {
    case scriptCode.refused:
      return new HostFailure('SshdConfigRefused', `sshd refuses its configuration${because(ran)}`)
    case scriptCode.notReloaded:
      return new HostFailure('SshdConfigRefused', `sshd could not be told to reload${because(ran)}`)
    case scriptCode.incomplete:
      return new HostFailure('ConnectionLost', 'the connection was lost while sshd_config was written')
    case scriptCode.moved:
      return new HostFailure('SshdConfigRefused', 'sshd_config is being changed by someone else')
    case scriptCode.unreadable:
    case scriptCode.unwritable:
      return new HostFailure('SshdConfigRefused', `sshd_config cannot be changed${because(ran)}`)
    default:
      return unsupported(ran)
  }
}

function replacementOf(id: string, before: Buffer, after: Buffer) {
  return { id, before: hash('sha256', before, 'hex'), size: after.length }
}

function unsupported(ran: Ran): HostFailure {
  if (ran.code === NOT_RUN) return notRun(ran)
  return new HostFailure('HostUnsupported', `the host could not run a command${because(ran)}`)
}

export function because(ran: Ran): string {
  return ran.errors.trim() === '' ? '' : `: ${quoted(ran.errors)}`
}
