import type { ReadHandle } from '../../store/store.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
/** Chains and processes that an answer names: every start of a process over PostgreSQL begins a chain. */
const MOST = 100

/** A time as answers have it; empty for none. */
export function isoText(at: number | null | undefined): string {
  const time = Number(at ?? 0)
  // What a broken clock left in the database is no time that can be written.
  return time > 0 && time <= 8.64e15 ? new Date(time).toISOString() : ''
}

/** What the database says of the installation: a few rows a process, whatever lies in it. */
export async function readInstallation(db: ReadHandle, wall: number) {
  const chains = await db
    .selectFrom('audit_chains')
    .select(['id', 'sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .orderBy('id')
    .limit(MOST)
    .execute()
  const pending = await db
    .selectFrom('audit_pending')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirst()
  const jobs = await db.selectFrom('jobs').selectAll().orderBy('name').execute()
  const processes = await db
    .selectFrom('clocks')
    .select(['id', 'seen'])
    .where('seen', '>', wall - HOUR)
    .orderBy('seen', 'desc')
    .limit(MOST)
    .execute()
  const schema = await db.selectFrom('migrations').select('name').orderBy('name', 'desc').executeTakeFirst()
  return {
    chains: chains.map(({ id, sequence, hash }) => ({
      Chain: id,
      Batch: Number(sequence),
      Hash: Buffer.from(hash).toString('hex'),
    })),
    unchained: Number(pending?.count ?? 0),
    jobs: jobs.map(({ name, owner, lease_until, next_at }) => ({
      Name: name,
      Owner: owner,
      LeaseUntil: owner === '' ? '' : isoText(lease_until),
      NextAt: isoText(next_at),
    })),
    processes: processes.map(({ id, seen }) => ({ Id: id, SeenAt: isoText(seen) })),
    schema: schema?.name ?? '',
  }
}

/** What waits for its time, and what is being done. Counted by the indexes that the jobs themselves look through. */
export async function readWaiting(db: ReadHandle, now: number) {
  const due = async (
    table: 'kms_keys' | 'secrets',
    column: 'delete_at' | 'material_expires_at' | 'next_rotation_at',
  ) => {
    const row = await db
      .selectFrom(table as 'kms_keys')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min(column as 'delete_at').as('next')])
      .where(column as 'delete_at', 'is not', null)
      .executeTakeFirst()
    return { Count: Number(row?.count ?? 0), Next: isoText(row?.next as number | null | undefined) }
  }
  const rotations = await db
    .selectFrom('secret_rotations')
    .select(({ fn }) => ['attempts', fn.countAll<number>().as('count')])
    .groupBy('attempts')
    .execute()
  const tasks = await db
    .selectFrom('keypair_tasks')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .where((eb) =>
      eb.or([
        eb('state', 'in', ['READY', 'RUNNING']),
        eb.and([eb('state', '=', 'FAILED'), eb('updated_at', '>', now - DAY)]),
      ]),
    )
    .groupBy('state')
    .execute()
  const count = (rows: readonly { readonly count: number }[]) =>
    rows.reduce((sum, one) => sum + Number(one.count), 0)
  const inState = (state: string) => count(tasks.filter((row) => row.state === state))
  return {
    KeysToDestroy: await due('kms_keys', 'delete_at'),
    MaterialToExpire: await due('kms_keys', 'material_expires_at'),
    SecretsToDelete: await due('secrets', 'delete_at'),
    KeyRotations: await due('kms_keys', 'next_rotation_at'),
    SecretRotations: await due('secrets', 'next_rotation_at'),
    RunningRotations: count(rotations),
    FailingRotations: count(rotations.filter(({ attempts }) => Number(attempts) > 0)),
    TasksReady: inState('READY'),
    TasksRunning: inState('RUNNING'),
    TasksFailedLastDay: inState('FAILED'),
  }
}
