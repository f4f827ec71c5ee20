import type { Clock } from '../../base/clock.ts'
import { Refusal } from '../../base/problem.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { Step as HostStep } from '../../keypairs/hosts/job.ts'
import { irreversibleTime } from '../../store/clock/watched.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import type { ExtendedConfig, SecretType } from '../types.ts'
import { isManaged } from '../types.ts'
import { databasePlace } from './database.ts'
import { failureOf, isRefusedLogin, RotationFailure } from './failure.ts'
import { hostPlace } from './host.ts'
import { changeRotation, findRotation, type Rotation, type RotationState } from './journal.ts'
import type { Managed, Place, PlaceParts, Value } from './place.ts'
import type { OnRotationStep, RotationStep } from './steps.ts'
import { openManaged } from './values.ts'

/** Where the values of a type are valid; undefined: in this service's own directory, which its acts change. */
export function placeOf(parts: PlaceParts, managed: Managed): Place | undefined {
  switch (managed.type) {
    case 'Rds':
    case 'Redis':
    case 'PolarDB':
      return databasePlace(parts, managed)
    case 'ECS':
      return hostPlace(parts, managed)
    default:
      return undefined
  }
}

/** What of a rotation is decided and audited: the acts of the service. Each answers why it was refused, in a code. */
export interface RotationActs {
  /** `asked` to `stored`. */
  store(rotation: Rotation): Promise<Refused | undefined>
  /** To `moved`, or to the end where there is nothing to take away. */
  move(rotation: Rotation): Promise<Refused | undefined>
  /** `moved` to the end. */
  retire(rotation: Rotation): Promise<Refused | undefined>
  /** Notes why it cannot go on now. */
  fail(rotation: Rotation, why: Refused): Promise<void>
}

export interface Refused {
  readonly code: string
  readonly message: string
}

export interface RunParts {
  readonly read: ReadHandle
  readonly keyring: Keyring
  readonly clock: Clock
  readonly acts: RotationActs
  /** One transaction that also proves that the rotation is still this worker's. */
  readonly step: <T>(body: (tx: WriteHandle) => Promise<T>) => Promise<T>
  readonly onStep?: OnRotationStep
}

/** Takes a rotation as far as it goes now: to its end, to its window, or to a failure, which is noted. */
export async function runRotation(parts: RunParts, id: string): Promise<void> {
  for (;;) {
    const rotation = await findRotation(parts.read, id)
    if (!rotation) return
    const fail = async (why: Refused) => {
      await reach(parts, rotation, 'failing')
      await parts.acts.fail(rotation, why)
    }
    try {
      const refused = await advance(parts, rotation)
      if (refused === 'waits') return
      if (refused) return await fail(refused)
    } catch (error) {
      const why = failureOf(error)
      if (!why) throw error
      return await fail(why)
    }
  }
}

async function reach({ onStep }: RunParts, { id, secret_id }: Rotation, step: RotationStep): Promise<void> {
  await onStep?.({ id, secretId: secret_id }, step)
}

async function advance(parts: RunParts, rotation: Rotation): Promise<Refused | 'waits' | undefined> {
  const { acts, clock, step } = parts
  const state = rotation.state as RotationState
  const become = (next: RotationState) =>
    step((tx) => changeRotation(tx, rotation.id, { state: next }, clock.now()))
  if (state === 'moved') {
    // For good, so only by a clock that is trusted.
    const trusted = await irreversibleTime(clock)
    if (rotation.retire_at === null || trusted === undefined || rotation.retire_at > trusted) return 'waits'
  }
  await reach(parts, rotation, state)
  switch (state) {
    case 'asked':
      return acts.store(rotation)
    case 'stored': {
      const { place, next, old } = await opened(parts, rotation)
      // What can be known to fail fails before anything is changed.
      if (place && next) await place.inspect(place.alternates ? next : (old ?? next))
      await reach(parts, rotation, 'inspected')
      await become('setting')
      return undefined
    }
    case 'setting':
      return setAndProve(parts, rotation, become)
    case 'undoing': {
      const { place, old, next } = await opened(parts, rotation)
      if (place && old) {
        await changeTo(place, old, next)
        await reach(parts, rotation, 'changed-back')
        await place.prove(old)
        await reach(parts, rotation, 'proved-back')
      }
      await become('stored')
      return { code: 'NewValueRefused', message: 'the new value did not let in; the old one is valid again' }
    }
    case 'moved': {
      const { place, old, next } = await opened(parts, rotation)
      if (place?.retire && old && next) await place.retire(old, next)
      await reach(parts, rotation, 'retired')
      return acts.retire(rotation)
    }
  }
}

async function changeTo(
  place: Place,
  value: Value,
  current: Value | undefined,
  onPrepared: () => Promise<void> = async () => {},
): Promise<void> {
  const change = await place.prepare(value, current)
  try {
    await onPrepared()
    await change.make()
  } finally {
    change.close()
  }
}

/**
 * The time in which a single account has the new value and the stages still name the old one goes from the one statement
 * that changes it to the one commit that moves the stages; between them is the login that proves it. Everything else is done
 * before.
 */
async function setAndProve(
  parts: RunParts,
  rotation: Rotation,
  become: (state: RotationState) => Promise<void>,
): Promise<Refused | undefined> {
  const { place, old, next } = await opened(parts, rotation)
  if (place && next) {
    await changeTo(place, next, old, () => reach(parts, rotation, 'prepared'))
    await reach(parts, rotation, 'changed')
    try {
      await place.prove(next)
    } catch (error) {
      if (!isRefusedLogin(error) || place.alternates || !old) throw error
      await become('undoing')
      return undefined
    }
  }
  await reach(parts, rotation, 'proved')
  const refused = await parts.acts.move(rotation)
  if (!refused) await reach(parts, rotation, 'rotated')
  return refused
}

/** The place of a rotation's secret and the two values. */
async function opened(parts: RunParts, rotation: Rotation) {
  const row = await parts.read
    .selectFrom('secrets')
    .select(['type', 'extended_config'])
    .where('id', '=', rotation.secret_id)
    .executeTakeFirst()
  const type = row?.type as SecretType
  if (!row || !isManaged(type)) throw new RotationFailure('SecretNotFound', 'the secret is gone')
  const config = JSON.parse(row.extended_config ?? '{}') as ExtendedConfig
  const onHostStep = (name: HostStep) => reach(parts, rotation, `host-${name}`)
  const place = placeOf({ ...parts, onHostStep }, { accountUid: rotation.account_uid, type, config })
  try {
    const [old, next] = [
      await openManaged(parts, rotation.old_row),
      await openManaged(parts, rotation.new_row),
    ]
    return { place, old, next }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new RotationFailure('KeyUnusable', 'the key that encrypts the secret cannot be used')
  }
}
