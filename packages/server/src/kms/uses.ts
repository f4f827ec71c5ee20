import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../base/clock.ts'
import { refuse } from '../base/problem.ts'
import { bumpRevision } from '../store/revisions.ts'
import type { RevisionCache, Store, WriteHandle } from '../store/store.ts'
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
  readonly clock: Pick<Clock, 'now'>
  readonly cache?: Pick<RevisionCache, 'drop'>
  readonly audit?: Pick<AuditLog, 'recordIn'>
  /** A version nears its end. */
  readonly onNear: (near: NearVersion) => void
  readonly onError: (error: unknown) => void
  readonly limits?: UseLimits
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
  const now = parts.clock.now()
  const { uses, near, owner } = await parts.store.write(async (tx) => {
    const row = await addUses(tx, id, taken)
    // Gone: its key was destroyed.
    if (!row) return { uses: 0 }
    const uses = Number(row.uses)
    if (!limits.tellAt.some((at) => uses >= at && uses - taken < at)) return { uses }
    const rotates = row.automatic_rotation === 1 && row.primary_version_id === id
    if (rotates) await rotateNow(tx, row, now)
    await parts.audit?.recordIn(tx, {
      requestId: randomUUID(),
      time: new Date(now).toISOString(),
      operation: 'keyward:CountKeyUses',
      account: row.account_uid,
      caller: 'keyward',
      accessKeyId: '',
      source: '',
      checks: [],
      outcome: rotates ? 'RotationDue' : 'NearLimit',
      input: { KeyId: row.key_id, KeyVersionId: id, Uses: uses },
    })
    return { uses, near: { keyId: row.key_id, versionId: id, uses, rotates }, owner: row.account_uid }
  })
  if (owner !== undefined) parts.cache?.drop(owner, 'keys')
  if (near) parts.onNear(near)
  return { uses, taken }
}

async function addUses(tx: WriteHandle, id: string, count: number) {
  await tx
    .updateTable('kms_key_versions')
    .set((e) => ({ uses: e('uses', '+', count) }))
    .where('id', '=', id)
    .execute()
  return tx
    .selectFrom('kms_key_versions as v')
    .innerJoin('kms_keys as k', 'k.id', 'v.key_id')
    .select([
      'v.uses',
      'v.key_id',
      'v.account_uid',
      'k.automatic_rotation',
      'k.primary_version_id',
      'k.version',
    ])
    .where('v.id', '=', id)
    .executeTakeFirst()
}

/** The job that rotates keys finds it due. */
async function rotateNow(
  tx: WriteHandle,
  row: { readonly key_id: string; readonly account_uid: string; readonly version: number },
  now: number,
): Promise<void> {
  await tx
    .updateTable('kms_keys')
    .set({ next_rotation_at: now, version: row.version + 1 })
    .where('id', '=', row.key_id)
    .execute()
  await bumpRevision(tx, row.account_uid, 'keys', [row.key_id])
}
