import { resealAudit } from '../../audit/reseal.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { SEALED_ALONE } from '../../crypto/sealed-bytes.ts'
import type { SealedColumn, SealedRow } from '../../store/sealed-column.ts'
import type { Store } from '../../store/store.ts'
import type { Log } from '../log.ts'
import type { OpenKeyring } from './open.ts'
import { sealedColumns } from './sealed-rows.ts'

/** Rows of one transaction. */
const STEP = 200
/** How long texts that were handed out before (security tokens, import tokens) still open: the longest lives a day. */
const GRACE = 24 * 3600 * 1000

export interface CarryOverParts {
  readonly store: Store
  readonly ring: OpenKeyring
  readonly log: Log
  /** The wall clock. */
  readonly now: () => number
}

/**
 * Carries a database over that the root key sealed by itself: every row is sealed anew under the keyring, so that the
 * root key can be changed. Does nothing where that was done.
 *
 * Each step is one transaction that changes only bytes that are still the old ones: it can be cut off anywhere, goes on
 * at the next start, and may be done by two processes at the same time.
 */
export async function carryOver({ store, ring, log, now }: CarryOverParts): Promise<void> {
  const { keyring } = ring
  if (!keyring.carrying) return
  log.info({}, 'this database is carried over to a keyring: what is sealed is sealed anew')
  let rows = 0
  for (const column of sealedColumns) {
    const left = await resealColumn(store, keyring, column, (count) => {
      rows += count
    })
    if (left.length === 0) continue
    log.error(
      { table: column.table, ids: left.slice(0, 20), count: left.length },
      'rows do not open with the root key: they are left as they are',
    )
  }
  for (;;) {
    const row = await ring.prepare((state) => ({ ...state, carriedUntil: now() + GRACE }))
    const done = await store.write(async (tx) => {
      if (!(await ring.write(tx, row))) return false
      await resealAudit(tx, keyring)
      return true
    })
    await ring.refresh()
    if (done || !keyring.carrying) break
  }
  log.info({ rows }, 'the database is carried over')
}

/** Seals a column's old rows anew. Returns the ids of those that do not open. */
async function resealColumn(
  store: Store,
  keyring: Keyring,
  { table, column, page }: SealedColumn,
  count: (rows: number) => void,
): Promise<readonly string[]> {
  const left: string[] = []
  for (let after = ''; ; ) {
    const rows = await page(store.read, after, STEP, { firstByte: SEALED_ALONE })
    const anew = rows.flatMap((row) => {
      const sealed = reseal(keyring, row)
      if (!sealed) left.push(row.id)
      return sealed ? [{ id: row.id, old: Buffer.from(row.sealed), sealed }] : []
    })
    await store.write(async (tx) => {
      for (const { id, old, sealed } of anew) {
        await tx
          .updateTable(table)
          .set({ [column]: sealed } as never)
          .where('id', '=', id)
          .where(column as never, '=', old as never)
          .execute()
      }
    })
    count(anew.length)
    if (rows.length < STEP) return left
    after = rows.at(-1)!.id
  }
}

function reseal(keyring: Keyring, { sealed, label }: SealedRow): Uint8Array | undefined {
  try {
    const plain = keyring.open(sealed, label)
    try {
      return keyring.seal(plain, label)
    } finally {
      plain.fill(0)
    }
  } catch {
    return undefined
  }
}
