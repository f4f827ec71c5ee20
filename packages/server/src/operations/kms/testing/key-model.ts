import { readFileSync } from 'node:fs'

/*
 * What a key should do, written a second time and simply: the transcribed table says which calls a state lets through,
 * this says what they change. It shares nothing with the code but the file of the table.
 */

const { states, operations } = JSON.parse(
  readFileSync(new URL('../../../../cases/kms-states.json', import.meta.url), 'utf8'),
) as { states: string[]; operations: Record<string, string[]> }

const DAY = 86_400_000

/** One step of a sequence. Keys are named by number, material by the byte that fills it. */
export type Step =
  | { readonly do: 'create'; readonly external: boolean }
  | {
      readonly do: 'EnableKey' | 'DisableKey' | 'CancelKeyDeletion' | 'DeleteKeyMaterial'
      readonly key: number
    }
  | { readonly do: 'ScheduleKeyDeletion'; readonly key: number; readonly days: number }
  | { readonly do: 'ImportKeyMaterial'; readonly key: number; readonly fill: number; readonly days: number }
  | { readonly do: 'CreateKeyVersion' | 'Encrypt'; readonly key: number }
  | { readonly do: 'Decrypt'; readonly blob: number }
  | { readonly do: 'advance'; readonly days: number }
  | { readonly do: 'work' | 'restart' }

export interface ModelKey {
  readonly id: string
  readonly external: boolean
  state: string
  gone: boolean
  deleteAt: number
  expiresAt: number
  material: boolean
  /** The first imported material. */
  bound: number | undefined
  versions: number
  /** When CreateKeyVersion made the last version. */
  byHandAt: number
}

/** Lets deadlines pass. */
export function settle(key: ModelKey, now: number): void {
  if (key.material && key.external && key.expiresAt <= now) {
    key.material = false
    if (key.state !== 'PendingDeletion') key.state = 'PendingImport'
  }
  if (key.state === 'PendingDeletion' && key.deleteAt <= now) key.gone = true
}

/** What a call on the key is answered: `ok`, or the wire's code; and the change, when it is `ok`. */
export function expected(step: Step, key: ModelKey, now: number): string {
  if (key.gone) return 'Forbidden.KeyNotFound'
  const row = operations[step.do]?.[states.indexOf(key.state)]
  if (row !== 'ok') return row as string
  switch (step.do) {
    case 'EnableKey':
      key.state = 'Enabled'
      return 'ok'
    case 'DisableKey':
      key.state = 'Disabled'
      return 'ok'
    case 'CancelKeyDeletion':
      key.state = key.material ? 'Enabled' : 'PendingImport'
      return 'ok'
    case 'ScheduleKeyDeletion':
      key.state = 'PendingDeletion'
      key.deleteAt = now + step.days * DAY
      return 'ok'
    case 'DeleteKeyMaterial':
      if (!key.external) return 'Unsupported.Origin'
      key.material = false
      if (key.state !== 'PendingDeletion') key.state = 'PendingImport'
      return 'ok'
    case 'ImportKeyMaterial':
      if (!key.external) return 'Unsupported.Origin'
      if (key.bound !== undefined && key.bound !== step.fill) return 'InvalidKeyMaterial'
      key.bound = step.fill
      key.material = true
      key.expiresAt =
        step.days === 0 ? Number.POSITIVE_INFINITY : Math.floor(now / 1000) * 1000 + step.days * DAY
      if (key.state === 'PendingImport') key.state = 'Enabled'
      return 'ok'
    case 'CreateKeyVersion':
      if (key.external || now - key.byHandAt < 7 * DAY) return 'Rejected.UnsupportedOperation'
      key.versions += 1
      key.byHandAt = now
      return 'ok'
    default:
      return 'ok'
  }
}
