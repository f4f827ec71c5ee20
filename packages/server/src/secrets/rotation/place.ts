import type { Keyring } from '../../crypto/keyring.ts'
import type { Step } from '../../keypairs/hosts/job.ts'
import type { ReadHandle } from '../../store/store.ts'
import type { ExtendedConfig, SecretType } from '../types.ts'

/** A value of a managed secret, as it is read. */
export type Value = Readonly<Record<string, string>>

/** A managed secret as its place looks at it. */
export interface Managed {
  readonly accountUid: string
  readonly type: SecretType
  readonly config: ExtendedConfig
}

export interface PlaceParts {
  readonly read: ReadHandle
  readonly keyring: Pick<Keyring, 'open'>
  /** Told of each step of a job on a host before it begins. */
  readonly onHostStep?: (step: Step) => void | Promise<void>
}

/** A change of which everything is done that can be done before. */
export interface PreparedChange {
  /** Makes the value valid. */
  make(): Promise<void>
  /** Lets go of connections, and does not wait for them. */
  close(): void
}

/**
 * Where the values of a secret are valid: a database, a host. All may be done again. They raise what `failureOf` knows,
 * and `RotationFailure` with `NotListed` where the operator does not let secrets manage it.
 */
export interface Place {
  /** Whether old and new value are of two accounts that take turns: then the old one stays valid. */
  readonly alternates: boolean
  /** The value after the current one. `previous`: of the version before it. */
  next(current: Value, previous: Value | undefined): Promise<Value>
  /** Looks whether the value could be set, and changes nothing. */
  inspect(value: Value): Promise<void>
  /** Makes ready to make a value valid. `current` is what is valid now, where something is. */
  prepare(value: Value, current: Value | undefined): Promise<PreparedChange>
  /** Logs in with it. */
  prove(value: Value): Promise<void>
  /** Takes away what an old value opens, where the new one did not take its place by itself. */
  readonly retire?: (old: Value, current: Value) => Promise<void>
}
