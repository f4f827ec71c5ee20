import { parsePublicLine, writePublicLine } from '../formats/public-line.ts'
import { generateKey } from '../generate.ts'
import { addLine, lineState, removeLine } from './authorized-keys.ts'
import { acceptsKey, type HostAddress, type Login } from './connection.ts'
import { HostFailure } from './failure.ts'
import { editKeys, readKeys } from './host-files.ts'
import type { HostJob } from './job.ts'
import { type HostSession, openSession } from './session.ts'

/**
 * Refuses to bind a key to a host whose authorized_keys another host has too (a home on the network, two addresses of one
 * machine) where that one has the key already: one line would stand for both, and to unbind either would take the key from
 * both. Raises `HomeShared`. Changes nothing that stays.
 *
 * A line that is there already may as well have come with the image of a machine. So it is asked, by a key that was made
 * for the question and lets nobody in, as its private half is thrown away.
 */
export async function refuseSharedHome(
  host: HostAddress,
  login: Login,
  job: HostJob,
  others: readonly HostAddress[],
): Promise<void> {
  if (job.add === undefined || others.length === 0) return
  let session: HostSession
  try {
    session = await openSession(host, login)
  } catch (error) {
    // Whatever is in the way, the job itself meets it and says so.
    if (error instanceof HostFailure) return
    throw error
  }
  try {
    const { content } = await readKeys(session)
    if (lineState(content, job.add) !== 'present') return
    const line = writePublicLine((await generateKey('SSH_ED25519')).public, 'question')
    await editKeys(session, job.id, (file) => addLine(file, line))
    const shared = await Promise.all(others.map((other) => accepts(other, line))).finally(() =>
      editKeys(session, job.id, (file) => removeLine(file, line)),
    )
    if (!shared.includes(true)) return
  } finally {
    session.close()
  }
  throw new HostFailure(
    'HomeShared',
    'another registered server has the same authorized_keys (a home on the network, or another address of this machine) and the key is bound there: to unbind one would take it from both',
  )
}

/** One that does not answer keeps no other from being bound. */
async function accepts(host: HostAddress, line: string): Promise<boolean> {
  try {
    return await acceptsKey(host, parsePublicLine(line))
  } catch (error) {
    if (error instanceof HostFailure) return false
    throw error
  }
}
