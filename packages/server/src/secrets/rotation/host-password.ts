import type { HostAddress } from '../../keypairs/hosts/connection.ts'
import { HostFailure } from '../../keypairs/hosts/failure.ts'
import { notRun, openSession } from '../../keypairs/hosts/session.ts'
import type { PreparedChange } from './place.ts'

/**
 * Makes ready to change the password of the login user. Passwords go to standard input, never into an argument, and to
 * `chpasswd` where the user is root: else to `passwd`, which asks for the present one, so that no more power is needed than
 * the user's own. Raises `HostFailure`.
 */
export async function preparePasswordChange(
  at: HostAddress,
  present: string,
  next: string,
): Promise<PreparedChange> {
  const session = await openSession(at, { kind: 'password', password: present })
  try {
    const root = await session.isRoot()
    return {
      async make() {
        const ran = root
          ? await session.run('chpasswd', Buffer.from(`${at.user}:${next}\n`))
          : await session.run('passwd', Buffer.from(`${present}\n${next}\n${next}\n`))
        if (ran.code < 0) throw notRun(ran)
        // Its words may repeat what it read.
        if (ran.code !== 0) {
          throw new HostFailure(
            'HostUnsupported',
            `the host does not take the new password (code ${ran.code})`,
          )
        }
      },
      close: () => session.close(),
    }
  } catch (error) {
    session.close()
    throw error
  }
}
