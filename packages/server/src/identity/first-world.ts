import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { claimFirstStart, hasStartedBefore } from '../store/meta.ts'
import type { Store } from '../store/store.ts'
import { generateAccessKey, type NewAccessKey, sealSecret } from './access-keys.ts'
import { newAccountUid, newHexId } from './ids.ts'
import type { Account } from './principal.ts'

/** The account of a first start and the access key of its root identity, in clear. */
export interface FirstWorld {
  readonly account: Account
  readonly accessKey: NewAccessKey
}

export interface FirstWorldParts {
  readonly store: Store
  readonly keyring: Pick<Keyring, 'seal'>
  readonly clock: Clock
}

/** The name of the first account: how an apply file speaks of it. */
export const FIRST_ACCOUNT = 'main'

/**
 * Makes the first account with its root access key, once per database also when processes start together. Only the one
 * that made it is given the credentials; undefined for the others and on every later start.
 *
 * A process that must not lose them before they are written down proposes, writes, then claims.
 */
export async function createFirstWorld(parts: FirstWorldParts): Promise<FirstWorld | undefined> {
  if (await hasStartedBefore(parts.store.read)) return undefined
  const proposal = proposeFirstWorld()
  return (await claimFirstWorld(parts, proposal)) ? proposal : undefined
}

/** Ids and credentials of a world that does not exist yet. */
export function proposeFirstWorld(): FirstWorld {
  const account = { uid: newAccountUid(), domainId: newHexId(), projectId: newHexId(), name: FIRST_ACCOUNT }
  return Object.freeze({ account: Object.freeze(account), accessKey: Object.freeze(generateAccessKey()) })
}

/** Makes the proposed world if there is none. True for the one process whose proposal it became. */
export async function claimFirstWorld(parts: FirstWorldParts, proposal: FirstWorld): Promise<boolean> {
  const { account, accessKey } = proposal
  const owner = { accountUid: account.uid, userId: null, accessKeyId: accessKey.id }
  const sealed = sealSecret(parts.keyring, owner, accessKey.secret)
  const now = parts.clock.now()
  const made = await claimFirstStart(parts.store, async (tx) => {
    const { uid, domainId, projectId, name } = account
    await tx
      .insertInto('accounts')
      .values({
        id: uid,
        domain_id: domainId,
        project_id: projectId,
        name,
        created_at: now,
        closed_at: 0,
        version: 1,
        declared_by: 'file',
      })
      .execute()
    await tx.insertInto('directory').values({ number: 1, operator_uid: uid, created_at: now }).execute()
    await tx
      .insertInto('access_keys')
      .values({
        id: accessKey.id,
        account_uid: uid,
        user_id: null,
        sealed_secret: sealed,
        status: 'active',
        label: null,
        created_at: now,
        version: 1,
        declared_by: 'file',
      })
      .execute()
  })
  return made !== undefined
}
