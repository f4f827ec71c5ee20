import type { ReadHandle, Store, WriteHandle } from './store.ts'

/** A fact about the database, or undefined. Keys: `world`, `root-key-check`, `once:NAME`, `audit-chains`. */
export async function readMeta(db: ReadHandle, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value
}

export async function writeMeta(tx: WriteHandle, key: string, value: string): Promise<void> {
  await tx
    .insertInto('meta')
    .values({ key, value })
    .onConflict((c) => c.column('key').doUpdateSet({ value }))
    .execute()
}

/**
 * Runs `body` in the one transaction that claims `name`, if nobody ever did: of processes that start together one runs
 * it, and the others see its result. Returns what it returned, wrapped; undefined when it was done before. If the body
 * throws, the claim is gone with it.
 */
export function once<T>(
  store: Store,
  name: string,
  body: (tx: WriteHandle) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  return store.write(async (tx) => {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('meta')
      .values({ key: `once:${name}`, value: new Date().toISOString() })
      .onConflict((c) => c.doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows !== 1n) return undefined
    return { value: await body(tx) }
  })
}

/**
 * First start of the service on this database (design, section 7): `make` makes the world, in one transaction, in one
 * process. Everything random comes in from outside, since the body may run again.
 */
export function claimFirstStart<T>(
  store: Store,
  make: (tx: WriteHandle) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  return once(store, 'first-start', make)
}

/** Whether a world was made here already. */
export async function hasStartedBefore(db: ReadHandle): Promise<boolean> {
  return (await readMeta(db, 'once:first-start')) !== undefined
}
