import { refuse } from '../base/problem.ts'
import type { ReadHandle, Store, WriteHandle } from '../store/store.ts'
import type { KeyVersion } from './versions.ts'

/**
 * How many messages a version of a symmetric key encrypts. GCM under random nonces of 96 bits is safe for 2^32 messages
 * (NIST SP 800-38D, 8.3).
 */
export const USE_LIMITS: UseLimits = Object.freeze({
  block: 2 ** 16,
  tellAt: [2 ** 31, 3 * 2 ** 30, 2 ** 32 - 2 ** 29],
  stopAt: 2 ** 32 - 2 ** 24,
})

export interface UseLimits {
  /** Uses that are counted in memory before they are written: a process that dies loses fewer. */
  readonly block: number
  /** Uses at which a key that rotates gets a new version, and the others are told of. */
  readonly tellAt: readonly number[]
  /** Uses from which on the version encrypts nothing more. What it encrypted still opens. */
  readonly stopAt: number
}

/** Counts what every version encrypts, with one write a block. */
export interface VersionUses {
  /** One more message. Raises `OperationRejected` when the version is used up. */
  spend(version: Pick<KeyVersion, 'id' | 'uses'>): void
  /** Writes what is counted. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface VersionUsesParts {
  readonly store: Store
  /**
   * Counts uses that reach a mark: an act of the service, which gives a key that rotates its next version and is
   * audited. Undefined when the mark lies behind already.
   */
  readonly pass: (passing: MarkPassing) => Promise<Pick<NearVersion, 'uses' | 'rotates'> | undefined>
  /** A version nears its end. */
  readonly onNear: (near: NearVersion) => void
  readonly onError: (error: unknown) => void
  readonly limits?: UseLimits
}

/** Uses that reach a mark once they are counted. */
export interface MarkPassing {
  readonly accountUid: string
  readonly keyId: string
  readonly versionId: string
  readonly taken: number
  readonly mark: number
}

export interface NearVersion {
  readonly keyId: string
  readonly versionId: string
  readonly uses: number
  /** A new version follows by itself. */
  readonly rotates: boolean
}

const FLUSH_EVERY = 600_000
/** Fewer uses in ten minutes are not worth a write: 2^32 of them are never reached. */
const FEW = 256

export function createVersionUses(parts: VersionUsesParts): VersionUses {
  const { limits = USE_LIMITS } = parts
  /** What is written, as far as this process knows, and what is not yet. */
  const counted = new Map<string, { base: number; more: number; writing?: Promise<void> }>()

  function write(id: string): Promise<void> {
    const entry = counted.get(id)
    if (!entry) return Promise.resolve()
    entry.writing ??= writeUses(parts, id, entry.more, limits)
      .then(({ uses, taken }) => {
        entry.base = Math.max(entry.base, uses)
        entry.more -= taken
      })
      .catch(parts.onError)
      .finally(() => {
        delete entry.writing
      })
    return entry.writing
  }

  async function flush(least: number): Promise<void> {
    for (const [id, entry] of [...counted]) {
      // One that is on its way may have begun before the last uses.
      await entry.writing
      if (entry.more >= least) await write(id)
      // One that is far used is kept in mind; its row in the cache may be old.
      if (entry.more < FEW && entry.base < limits.tellAt[0]!) counted.delete(id)
    }
  }

  const timer = setInterval(() => void flush(FEW), FLUSH_EVERY)
  timer.unref()

  return Object.freeze<VersionUses>({
    spend({ id, uses }) {
      let entry = counted.get(id)
      if (!entry) {
        entry = { base: uses, more: 0 }
        counted.set(id, entry)
      }
      if (entry.base + entry.more >= limits.stopAt) {
        const detail = 'The key version has encrypted as many messages as its algorithm allows.'
        throw refuse({ code: 'OperationRejected', detail })
      }
      entry.more += 1
      if (entry.more >= limits.block && !entry.writing) void write(id)
    },
    flush: () => flush(1),
    async close() {
      clearInterval(timer)
      await flush(1)
    },
  })
}

async function writeUses(
  parts: VersionUsesParts,
  id: string,
  taken: number,
  limits: UseLimits,
): Promise<{ readonly uses: number; readonly taken: number }> {
  for (let left = PASSINGS; ; left -= 1) {
    const counted = await parts.store.write((tx) => countBelow(tx, id, taken, limits)).catch(passing)
    if (!(counted instanceof MarkReached)) return { uses: counted, taken }
    const { row, mark } = counted
    const near = { accountUid: row.account_uid, keyId: row.key_id, versionId: id, taken, mark }
    const passed = await parts.pass(near)
    // Undefined: another process came first, and the mark lies behind.
    if (passed) {
      parts.onNear({ keyId: row.key_id, versionId: id, ...passed })
      return { uses: passed.uses, taken }
    }
    if (left === 0) throw new Error('the uses of a key version could not be counted')
  }
}

/** How often another process may come first at a mark. */
const PASSINGS = 3

/** Counting would reach a mark: nothing was written, since that is an act of its own. */
class MarkReached extends Error {
  readonly row: CountedVersion
  readonly mark: number
  constructor(row: CountedVersion, mark: number) {
    super('a mark is reached')
    this.row = row
    this.mark = mark
  }
}

function passing(error: unknown): MarkReached {
  if (error instanceof MarkReached) return error
  throw error
}

async function countBelow(tx: WriteHandle, id: string, taken: number, limits: UseLimits): Promise<number> {
  const row = await addUses(tx, id, taken)
  // Gone: its key was destroyed.
  if (!row) return 0
  const uses = Number(row.uses)
  const mark = limits.tellAt.findLast((at) => uses >= at && uses - taken < at)
  if (mark !== undefined) throw new MarkReached(row, mark)
  return uses
}

export type CountedVersion = NonNullable<Awaited<ReturnType<typeof readCounted>>>

/** A version with what counting looks at of its key. */
export function readCounted(db: ReadHandle | WriteHandle, id: string) {
  return db
    .selectFrom('kms_key_versions as v')
    .innerJoin('kms_keys as k', 'k.id', 'v.key_id')
    .select(['v.uses', 'v.key_id', 'v.account_uid'])
    .select(['k.automatic_rotation', 'k.primary_version_id', 'k.version'])
    .where('v.id', '=', id)
    .executeTakeFirst()
}

export async function addUses(tx: WriteHandle, id: string, count: number) {
  await tx
    .updateTable('kms_key_versions')
    .set((e) => ({ uses: e('uses', '+', count) }))
    .where('id', '=', id)
    .execute()
  return readCounted(tx, id)
}
