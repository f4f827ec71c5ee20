import { hash } from 'node:crypto'
import { HostFailure, quoted } from './failure.ts'
import {
  effectiveConfigScript,
  readConfigScript,
  readKeysScript,
  reloadScript,
  type SshdSetup,
  scriptCode,
  writeConfigScript,
  writeKeysScript,
} from './scripts.ts'
import type { HostSession, Ran } from './session.ts'

/** How often a file that someone else changes at the same time is read and edited again. */
const ATTEMPTS = 3

export async function readKeys(session: HostSession): Promise<Buffer> {
  const ran = await session.run(readKeysScript)
  if (ran.code === 0) return ran.output
  if (ran.code === scriptCode.unreadable) {
    throw new HostFailure('KeysNotWritable', `authorized_keys cannot be read${because(ran)}`)
  }
  throw unsupported(ran)
}

/** Reads, edits and replaces authorized_keys; does nothing when the edit changes nothing. */
export async function editKeys(
  session: HostSession,
  id: string,
  edit: (file: Buffer) => Buffer,
): Promise<void> {
  for (let left = ATTEMPTS; ; left -= 1) {
    const before = await readKeys(session)
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

/** What sshd makes of a configuration that is not in force, as `sshd -T` prints it. */
export async function effectiveConfig(
  session: HostSession,
  setup: SshdSetup,
  user: string,
  id: string,
  config: Buffer,
): Promise<string> {
  const ran = await session.runAsRoot(effectiveConfigScript(setup, user, id), config)
  if (ran.code === 0) return ran.output.toString('latin1')
  throw configFailure(ran)
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

function configFailure(ran: Ran): HostFailure {
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
  return new HostFailure('HostUnsupported', `the host could not run a command${because(ran)}`)
}

function because(ran: Ran): string {
  return ran.errors.trim() === '' ? '' : `: ${quoted(ran.errors)}`
}
