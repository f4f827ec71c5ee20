import { refuse } from '../../base/problem.ts'
import { keypairsHeld } from '../../keypairs/account-end.ts'
import { keysHeld } from '../../kms/account-end.ts'
import { secretsHeld } from '../../secrets/account-end.ts'
import type { ReadHandle } from '../../store/store.ts'

/** Something that an account has, and that who closes it should know of. */
export interface Holding {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Whether the account is not closed as long as it is there; else it is lost once the window has ended. */
  readonly blocks: boolean
}

/** What an account holds: first what keeps it from being closed. */
export async function holdingsOf(db: ReadHandle, uid: string): Promise<readonly Holding[]> {
  const keys = await keysHeld(db, uid)
  const secrets = await secretsHeld(db, uid)
  const pairs = await keypairsHeld(db, uid)
  const all: readonly (readonly [count: number, blocks: boolean, id: string, name: string, what: string])[] =
    [
      [
        keys.protected,
        true,
        'KMS_ProtectedKeys',
        'KMS',
        'keys with deletion protection: switch it off first',
      ],
      [pairs.bound, true, 'KPS_BoundHosts', 'KPS', 'hosts that a key pair is bound to: unbind it first'],
      [pairs.inDoubt, true, 'KPS_HostsInDoubt', 'KPS', 'hosts of which not all is known: settle them first'],
      [pairs.tasks, true, 'KPS_Tasks', 'KPS', 'tasks that have not ended: wait for them'],
      [secrets.rotating, true, 'KMS_Rotations', 'KMS', 'secrets whose value is being changed: wait for it'],
      [keys.living, false, 'KMS_Keys', 'KMS', 'keys: what is encrypted under them is lost with them'],
      [secrets.living, false, 'KMS_Secrets', 'KMS', 'secrets'],
      [pairs.privateKeys, false, 'KPS_PrivateKeys', 'KPS', 'private keys of key pairs'],
    ]
  return all
    .filter(([count]) => count > 0)
    .map(([count, blocks, id, name, what]) => ({ id, name, description: `${count} ${what}`, blocks }))
}

/**
 * Raises `OrganizationRejects` with all that keeps an account from being closed: what blocks, and what is neither that nor
 * among `given`. Returns what is lost with it.
 */
export async function assertNothingHolds(
  db: ReadHandle,
  uid: string,
  given: readonly string[] | 'all',
): Promise<readonly Holding[]> {
  const holdings = await holdingsOf(db, uid)
  const stops = holdings.filter(({ id, blocks }) => blocks || (given !== 'all' && !given.includes(id)))
  if (stops.length > 0) {
    const detail = stops.map(({ id, description }) => `${id}: ${description}.`).join(' ')
    throw refuse({ code: 'OrganizationRejects', reason: 'blocked', detail })
  }
  return holdings
}
