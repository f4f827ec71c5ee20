import type { Step } from '../../keypairs/hosts/job.ts'

/**
 * What a rotation goes through, in its order. A process may die at each of them; the next one goes on from the state in
 * the journal (journal.ts), which is durable before the step of the same name is reached.
 */
export const ROTATION_STEPS = [
  /** Nothing is made yet. */
  'asked',
  /** The new value is stored. */
  'stored',
  /** It could be set. */
  'inspected',
  /** From here on it may be set. */
  'setting',
  /** Everything is ready for the change: connections are open, statements are made. */
  'prepared',
  /** The new value is set, and the stages still name the old one. */
  'changed',
  /** It lets in. */
  'proved',
  /** It did not let in: the old value is to be set again. */
  'undoing',
  'changed-back',
  'proved-back',
  /** The stages have moved. */
  'rotated',
  /** The window of the old value has ended. */
  'moved',
  /** What the old value opened is taken away. */
  'retired',
  /** Why it does not go on is about to be noted. */
  'failing',
] as const

/** A step of its own, or one of the job that it runs on a host. */
export type RotationStep = (typeof ROTATION_STEPS)[number] | `host-${Step}`

/** Told of each step before what follows it begins; what it answers is waited for. What it throws ends the run there. */
export type OnRotationStep = (
  rotation: { readonly id: string; readonly secretId: string },
  step: RotationStep,
) => void | Promise<void>
