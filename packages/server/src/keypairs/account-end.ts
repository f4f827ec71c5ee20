import type { ReadHandle, WriteHandle } from '../store/store.ts'

/** What an account has of key pairs, as far as it matters to who would close it. */
export async function keypairsHeld(db: ReadHandle, accountUid: string) {
  const of = async (
    table: 'keypair_host_doubts' | 'keypair_hosts' | 'keypair_private_keys' | 'keypair_tasks',
    more: readonly [column: 'bound_line' | 'state', operator: 'in' | 'is not', value: string[] | null][] = [],
  ) => {
    let rows = db.selectFrom(table as 'keypair_tasks').where('account_uid', '=', accountUid)
    for (const [column, operator, value] of more)
      rows = rows.where(column as 'state', operator, value as string[])
    const counted = rows.select((e) => e.fn.countAll<number>().as('count'))
    return Number((await counted.executeTakeFirstOrThrow()).count)
  }
  return {
    /** Hosts that a key of the account opens. */
    bound: await of('keypair_hosts', [['bound_line', 'is not', null]]),
    inDoubt: await of('keypair_host_doubts'),
    tasks: await of('keypair_tasks', [['state', 'in', ['READY', 'RUNNING']]]),
    privateKeys: await of('keypair_private_keys'),
  }
}

const TABLES = [
  'keypair_private_keys',
  'keypair_tasks',
  'keypairs',
  'keypair_host_doubts',
  'keypair_hosts',
  'keypair_numbers',
] as const

/** Destroys what is left of the key pairs of a closed account for good. */
export async function destroyKeypairsOf(tx: WriteHandle, accountUid: string): Promise<void> {
  for (const table of TABLES)
    await tx
      .deleteFrom(table as 'keypairs')
      .where('account_uid', '=', accountUid)
      .execute()
}
