import type { HostAddress } from '../../keypairs/hosts/connection.ts'
import { HostFailure } from '../../keypairs/hosts/failure.ts'
import { notRun, openSession } from '../../keypairs/hosts/session.ts'

/**
 * Changes the password of the login user. Passwords go to standard input, never into an argument, and to `chpasswd` where
 * the user is root: else to `passwd`, which asks for the present one, so that no more power is needed than the user's own.
 * Raises `HostFailure`.
 */
export async function changePassword(at: HostAddress, present: string, next: string): Promise<void> {
  const session = await openSession(at, { kind: 'password', password: present })
  try {
    const root = await session.isRoot()
    const ran = root
      ? await session.run('chpasswd', Buffer.from(`${at.user}:${next}\n`))
      : await session.run('passwd', Buffer.from(`${present}\n${next}\n${next}\n`))
    if (ran.code < 0) throw notRun(ran)
    if (ran.code !== 0) {
      // Its words may repeat what it read.
      throw new HostFailure('HostUnsupported', `the host does not take the new password (code ${ran.code})`)
    }
  } finally {
    session.close()
  }
}
