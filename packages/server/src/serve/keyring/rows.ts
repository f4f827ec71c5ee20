import type { ReadHandle, WriteHandle } from '../../store/store.ts'

/** The keyring as it stands in the database. */
export interface RingRow {
  readonly version: number
  readonly sealed: Uint8Array
}

export async function readRing(db: ReadHandle | WriteHandle): Promise<RingRow | undefined> {
  return await db.selectFrom('keyring').select(['version', 'sealed']).where('id', '=', 1).executeTakeFirst()
}

/** The first one. Returns false when there is one already. */
export async function insertRing(tx: WriteHandle, { version, sealed }: RingRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('keyring')
    .values({ id: 1, version, sealed })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Puts the next one in the place of the one with the version before. Returns false when another did so meanwhile. */
export async function updateRing(tx: WriteHandle, { version, sealed }: RingRow): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('keyring')
    .set({ version, sealed })
    .where('id', '=', 1)
    .where('version', '=', version - 1)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Reserves uses of a generation; returns how many are reserved by now. */
export async function reserveUses(tx: WriteHandle, generation: number, count: number): Promise<number> {
  await tx
    .insertInto('keyring_uses')
    .values({ generation, uses: count })
    .onConflict((c) =>
      c.column('generation').doUpdateSet((e) => ({ uses: e('keyring_uses.uses', '+', count) })),
    )
    .execute()
  const row = await tx
    .selectFrom('keyring_uses')
    .select('uses')
    .where('generation', '=', generation)
    .executeTakeFirstOrThrow()
  return Number(row.uses)
}
