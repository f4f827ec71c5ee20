import { sameKey } from './authorized-keys.ts'
import type { HostFailureCode } from './failure.ts'
import type { PasswordBlock } from './sshd-config.ts'

/** What is to be done on one host, as it is kept with its task. */
export interface HostJob {
  /** Names temporary files on the host; hex digits. */
  readonly id: string
  /** OpenSSH line of the key that is to be let in. */
  readonly add?: string
  /** The line that an earlier job wrote, which must go. It must still be there. */
  readonly remove?: string
  /** What becomes of password login. */
  readonly passwords: 'keep' | 'off' | 'on'
  /** Takes the key away also where nothing else is known to let the login user in: who asked said so. */
  readonly allowLockout?: boolean
  /** What an earlier job may have left behind, as it could not be seen any more. */
  readonly doubt?: Doubt
}

/** What is not known of authorized_keys. */
export interface Doubt {
  /** The line to remove may be gone already. */
  readonly removeMayLack: boolean
  /** Lines of ours that may stand there besides, and must go. */
  readonly also: readonly string[]
}

/** The steps of a job, in their order. Those that change something have an undo. */
export type Step =
  | 'inspect'
  | 'add-key'
  | 'prove-key'
  | 'set-passwords'
  | 'prove-passwords'
  | 'prove-way-in'
  | 'remove-key'
  | 'prove-removal'

/** What `inspect` found, which an undo goes back to. */
export interface Found {
  /** Whether the line to add was there already: then it is not ours to take away. */
  readonly hadAdd: boolean
  /** The lines that go and were there; absent in journals of older versions: the one of the job. */
  readonly going?: readonly string[]
  /** What there was before: nothing, the folder alone, the file. What was made is taken away again. */
  readonly keys?: KeysBefore
  /** Our block in sshd's configuration, and whether sshd offered password login; absent where both stay as they are. */
  readonly passwords?: { readonly block: PasswordBlock; readonly offered: boolean }
}

export type KeysBefore = 'nothing' | 'folder' | 'file'

/** One line of a job's journal. Appended, never changed; `started` is durable before the step's effect begins. */
export type Entry =
  | { readonly step: Step; readonly event: 'started' }
  | { readonly step: Step; readonly event: 'done'; readonly found?: Found }
  | {
      readonly step: Step
      readonly event: 'failed'
      readonly code: HostFailureCode
      readonly message: string
    }
  | { readonly step: Step; readonly event: 'undone' }
  /** The undo failed for good; the effect may still be there. */
  | { readonly step: Step; readonly event: 'stuck' }

export type Journal = readonly Entry[]

/** What a job comes to. `left` names the steps whose effect may still be on the host. */
export type Outcome =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly code: HostFailureCode
      readonly message: string
      readonly left: readonly Step[]
    }

export type Next = { readonly do: Step } | { readonly undo: Step } | { readonly end: Outcome }

/**
 * The steps of a job. What lets in comes first and is proved before anything that locks out:
 *
 * INVARIANT: at the end of every step, some key or password that worked before the job, or its new key, lets its user in.
 */
export function stepsOf(job: HostJob): readonly Step[] {
  const removes = linesToRemove(job).length > 0
  const leaves = removes && job.add === undefined && job.allowLockout !== true
  return [
    'inspect',
    ...(job.add === undefined ? [] : (['add-key', 'prove-key'] as const)),
    ...(job.passwords === 'keep' ? [] : (['set-passwords', 'prove-passwords'] as const)),
    ...(leaves ? (['prove-way-in'] as const) : []),
    ...(removes ? (['remove-key', 'prove-removal'] as const) : []),
  ]
}

/** Lines of ours that must go. The same key in the same place stays: its line is the one to add. */
export function linesToRemove({ add, remove, doubt }: HostJob): readonly string[] {
  const all = [...(remove === undefined ? [] : [remove]), ...(doubt?.also ?? [])]
  return all.filter(
    (line, i) =>
      !(add !== undefined && sameKey(add, line)) && all.findIndex((one) => sameKey(one, line)) === i,
  )
}

const changing: ReadonlySet<Step> = new Set(['add-key', 'set-passwords', 'remove-key'])

/**
 * What comes next, from the journal alone: so a job goes on after a crash where it stood. A step that was started and
 * neither done nor failed is done again; all of them may be.
 */
export function nextOf(job: HostJob, journal: Journal): Next {
  const has = (step: Step, event: Entry['event']) =>
    journal.some((entry) => entry.step === step && entry.event === event)
  const failure = journal.find((entry) => entry.event === 'failed')
  if (!failure) {
    const step = stepsOf(job).find((one) => !has(one, 'done'))
    return step === undefined ? { end: { ok: true } } : { do: step }
  }
  const changed = stepsOf(job).filter((step) => changing.has(step) && has(step, 'started'))
  const undo = changed.findLast((step) => !has(step, 'undone') && !has(step, 'stuck'))
  if (undo !== undefined) return { undo }
  const left = changed.filter((step) => has(step, 'stuck'))
  return { end: { ok: false, code: failure.code, message: failure.message, left } }
}

/** What `inspect` found, once it is done. */
export function foundIn(journal: Journal): Found | undefined {
  for (const entry of journal) if (entry.event === 'done' && entry.found) return entry.found
  return undefined
}
