import type { WriteHandle } from './store.ts'

/** Writes down when resources were last used; never an earlier time than is there. */
export async function writeUses(
  tx: WriteHandle,
  rows: readonly { readonly resource: string; readonly account_uid: string; readonly used_at: number }[],
): Promise<void> {
  await tx
    .insertInto('resource_uses')
    .values([...rows])
    .onConflict((on) =>
      on
        .column('resource')
        .doUpdateSet((eb) => ({ used_at: eb.ref('excluded.used_at') }))
        .whereRef('resource_uses.used_at', '<', 'excluded.used_at'),
    )
    .execute()
}

/** When something is deleted, what was written down of its use goes too. */
export async function forgetUse(tx: WriteHandle, resource: string): Promise<void> {
  await tx.deleteFrom('resource_uses').where('resource', '=', resource).execute()
}
