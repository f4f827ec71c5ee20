import { refuse } from '../../base/problem.ts'
import { keysOf, openFingerprint, secretFingerprint } from '../../identity/access-keys.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { AUTO } from '../../secrets/names.ts'
import { failureOf } from '../../secrets/rotation/failure.ts'
import { instanceOf, managedAccounts } from '../../secrets/rotation/managed-accounts.ts'
import type { Managed, Value } from '../../secrets/rotation/place.ts'
import { placeOf } from '../../secrets/rotation/run.ts'
import type { Secret } from '../../secrets/secrets.ts'
import { firstValue, secondValue } from '../../secrets/types.ts'
import { CURRENT, versionAt } from '../../secrets/versions.ts'
import { assertRamUser, type RamUser } from './ram-user.ts'
import { readSecretValue } from './value-key.ts'

/** What a new managed secret holds. */
export interface FirstValues {
  readonly current: string
  /** Of the other account, valid as well. */
  readonly previous: string | undefined
  /** The value was made here and is not valid yet: it has to be set. */
  readonly pending: boolean
}

/** Failures that say that there is no such entity, or none for secrets. */
const NOT_FOUND = ['TargetNotFound', 'HostNotFound', 'NotListed', 'AccountMissing']

/** Runs what looks at the place of a secret; its failures become problems of the call. */
export async function lookingAt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const why = failureOf(error)
    if (!why) throw error
    const detail = `${why.message.charAt(0).toUpperCase()}${why.message.slice(1)}.`
    if (NOT_FOUND.includes(why.code)) throw refuse({ code: 'SecretTargetNotFound', detail })
    if (why.code === 'LoginRefused') throw refuse({ code: 'InvalidParameter', name: 'SecretData', detail })
    throw refuse({ code: 'SecretTargetFailed', detail })
  }
}

/**
 * The first value of a managed secret. What the caller gave is tried where it is to be valid: `ACSCurrent` works from the
 * begin. Raises what stands against it there.
 */
export async function firstValues(
  scope: Scope,
  managed: Managed,
  data: string,
  user: RamUser | undefined,
): Promise<FirstValues> {
  const { config, type } = managed
  const current = firstValue(type, data, config, scope.clock.now())
  const previous = secondValue(type, data, config)
  if (user) {
    await assertOwnKey(scope, user, JSON.parse(current) as Value)
    return { current, previous: undefined, pending: false }
  }
  const pending = data === AUTO
  const place = placeOf({ read: scope.store.read, keyring: scope.keyring }, managed)
  if (place) {
    // A password that is made here is shown by nobody: it must not take an account from a secret that has it.
    if (pending) await assertUnmanaged(scope, managed)
    await lookingAt(async () => {
      const value = JSON.parse(current) as Value
      await place.inspect(value)
      if (!pending) await place.prove(value)
      if (previous !== undefined) await place.prove(JSON.parse(previous) as Value)
    })
  }
  return { current, previous, pending }
}

/**
 * Raises `SecretTargetNotFound` where the user of that name does not have the current key of the secret: it is another one
 * than was given to it, and nobody gave the key of this one away.
 */
export async function assertSameUser(scope: Scope, secret: Secret, user: RamUser): Promise<void> {
  const { id } = assertRamUser(user)
  const current = versionAt(secret.versions, CURRENT)
  const value = current && (JSON.parse(await readSecretValue(scope, secret, current)) as Value)
  const keys = await keysOf(scope.store.read, user.accountUid, id)
  if (keys.some((key) => key.id === value?.AccessKeyId)) return
  const detail = `The access key of the secret is not one of the user ${user.name}.`
  throw refuse({ code: 'SecretTargetNotFound', detail })
}

/** Raises `SecretTargetFailed` where another secret of the account manages one of these database accounts. */
async function assertUnmanaged(scope: Scope, { accountUid, config }: Managed): Promise<void> {
  const wanted = [config.AccountName, config.CloneAccountName]
  for (const name of await managedAccounts(scope, accountUid, instanceOf(config))) {
    if (!wanted.includes(name)) continue
    const detail = `The account \`${name}\` is managed by another secret.`
    throw refuse({ code: 'SecretTargetFailed', detail })
  }
}

/** The key that the caller gave is one of the user's, active, with this secret. Which of these fails is not said. */
async function assertOwnKey(scope: Scope, user: RamUser, value: Value): Promise<void> {
  const { id } = assertRamUser(user)
  const accessKeyId = value.AccessKeyId ?? ''
  const row = await scope.store.read
    .selectFrom('access_keys')
    .select(['sealed_secret', 'status'])
    .where('id', '=', accessKeyId)
    .where('account_uid', '=', user.accountUid)
    .where('user_id', '=', id)
    .executeTakeFirst()
  const owner = { accountUid: user.accountUid, userId: id, accessKeyId }
  const same =
    row?.status === 'active' &&
    openFingerprint(scope.keyring, owner, row.sealed_secret) ===
      secretFingerprint(value.AccessKeySecret ?? '')
  if (same) return
  const detail = `It is no active access key of the user ${user.name}.`
  throw refuse({ code: 'InvalidParameter', name: 'SecretData', detail })
}
