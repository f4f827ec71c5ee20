import { refuse } from '../base/problem.ts'

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport'

/** What a state does to a call: it goes on, or it is told the state, or that the state cannot change so. */
type Verdict = 'goes on' | 'names the state' | 'cannot change'
type Row = { readonly [S in KeyState]: Verdict }

const row = (Enabled: Verdict, Disabled: Verdict, PendingDeletion: Verdict, PendingImport: Verdict): Row =>
  Object.freeze({ Enabled, Disabled, PendingDeletion, PendingImport })

const ANY = row('goes on', 'goes on', 'goes on', 'goes on')
const USE = row('goes on', 'names the state', 'names the state', 'names the state')
const SWITCH = row('goes on', 'goes on', 'cannot change', 'cannot change')
const ALIVE = row('goes on', 'goes on', 'names the state', 'goes on')
const MOVE = row('goes on', 'goes on', 'cannot change', 'goes on')

/**
 * Operation x key state (reference: alibaba-kms.md C.1, with the rows that it leaves to be "treated like Encrypt").
 * Every operation that works on one key has a row.
 */
export const STATES = Object.freeze({
  DescribeKey: ANY,
  ListAliasesByKeyId: ANY,
  DeleteAlias: ANY,
  ListResourceTags: ANY,
  ListTagResources: ANY,
  DescribeKeyVersion: ANY,
  ListKeyVersions: ANY,
  GetParametersForImport: ANY,
  DeleteKeyMaterial: ANY,
  GetPublicKey: ANY,
  GetKeyPolicy: ANY,
  SetKeyPolicy: ANY,
  Encrypt: USE,
  Decrypt: USE,
  GenerateDataKey: USE,
  GenerateDataKeyWithoutPlaintext: USE,
  ExportDataKey: USE,
  GenerateAndExportDataKey: USE,
  ReEncrypt: USE,
  AsymmetricSign: USE,
  AsymmetricVerify: USE,
  AsymmetricEncrypt: USE,
  AsymmetricDecrypt: USE,
  GenerateMac: USE,
  VerifyMac: USE,
  CreateKeyVersion: USE,
  UpdateRotationPolicy: USE,
  EnableKey: SWITCH,
  DisableKey: SWITCH,
  ScheduleKeyDeletion: MOVE,
  CancelKeyDeletion: row('cannot change', 'cannot change', 'goes on', 'cannot change'),
  CreateAlias: MOVE,
  ImportKeyMaterial: MOVE,
  UpdateAlias: ALIVE,
  UpdateKeyDescription: ALIVE,
  SetDeletionProtection: ALIVE,
  TagResource: ALIVE,
  TagResources: ALIVE,
  UntagResource: ALIVE,
  UntagResources: ALIVE,
})

export type StatefulOperation = keyof typeof STATES

/** Raises `KeyStateRejects` or `StateModifiedFailed` where the table says so. */
export function assertState(operation: StatefulOperation, state: KeyState): void {
  const verdict = STATES[operation][state]
  if (verdict === 'goes on') return
  if (verdict === 'cannot change' || state === 'Enabled') throw refuse({ code: 'StateModifiedFailed' })
  throw refuse({ code: 'KeyStateRejects', state })
}

/** What the row of a key says of its life. */
export interface Lifetime {
  readonly state: KeyState
  readonly deleteAt: number | undefined
  readonly materialExpiresAt: number | undefined
}

/**
 * The state at a moment, in milliseconds; undefined once the deletion window has ended.
 *
 * INVARIANT: a deadline holds by the clock, not by when the job comes that writes it down: expired material is not
 * used, and a key past its window is not found, though their rows are still there.
 */
export function stateAt(key: Lifetime, now: number): KeyState | undefined {
  if (key.state === 'PendingDeletion') {
    return key.deleteAt !== undefined && key.deleteAt <= now ? undefined : 'PendingDeletion'
  }
  if (key.materialExpiresAt !== undefined && key.materialExpiresAt <= now) return 'PendingImport'
  return key.state
}
