import { batchesBehind } from '../../audit/sink/job.ts'
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../store/store.ts'

/** What the database says of the things that are kept in it. */
export interface Figures {
  /** Batches of the audit that its sink does not have; undefined without one. */
  readonly sinkWaiting: number | undefined
  readonly keys: Readonly<Record<string, number>>
  readonly materialExpiresAt: number | undefined
  readonly rotationsOverdue: number
  readonly secretRotations: { readonly running: number; readonly failing: number }
  readonly tasks: Readonly<Record<string, number>>
  readonly tasksFailedLastDay: number
}

/** How long figures are shown before the database is asked again, and how long it is waited for, in milliseconds. */
const KEPT = 15_000
const PATIENCE = 3000
const HOUR = 3_600_000

/**
 * Reads the figures when they are asked for, and not more often than four times a minute, however many ask. Undefined
 * where the database does not answer.
 */
export function createFigures(
  store: Pick<Store, 'read'>,
  clock: Clock,
  sink: string | undefined,
): () => Promise<Figures | undefined> {
  let last: { readonly at: number; readonly figures: Figures } | undefined
  let reading: Promise<Figures | undefined> | undefined

  async function read(): Promise<Figures | undefined> {
    const at = clock.monotonic()
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), PATIENCE)
      })
      const figures = await Promise.race([readFigures(store.read, clock.now(), sink), late])
      last = figures && { at, figures }
      return figures
    } catch {
      last = undefined
      return undefined
    } finally {
      clearTimeout(timer)
      reading = undefined
    }
  }

  return async () => {
    if (last && clock.monotonic() - last.at < KEPT) return last.figures
    reading ??= read()
    return reading
  }
}

/** Figures of everybody's things: they name nobody. */
export async function readFigures(
  db: Store['read'],
  now: number,
  sink: string | undefined,
): Promise<Figures> {
  const keys = await db
    .selectFrom('kms_keys')
    .select(({ fn }) => [
      'state',
      fn.countAll<number>().as('count'),
      fn.min('material_expires_at').as('expires'),
    ])
    .groupBy('state')
    .execute()
  const overdue = await db
    .selectFrom('kms_keys')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('next_rotation_at', '<', now - HOUR)
    .where('state', '=', 'Enabled')
    .executeTakeFirst()
  const rotations = await db
    .selectFrom('secret_rotations')
    .select(({ fn }) => ['attempts', fn.countAll<number>().as('count')])
    .groupBy('attempts')
    .execute()
  const tasks = await db
    .selectFrom('keypair_tasks')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .where('state', 'in', ['READY', 'RUNNING'])
    .groupBy('state')
    .execute()
  const failed = await db
    .selectFrom('keypair_tasks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', 'FAILED')
    .where('updated_at', '>', now - 24 * HOUR)
    .executeTakeFirst()
  const expiring = keys.flatMap(({ expires }) => (expires === null ? [] : [Number(expires)]))
  const sum = (rows: readonly { readonly count: number }[]) =>
    rows.reduce((total, { count }) => total + Number(count), 0)
  return {
    sinkWaiting: sink === undefined ? undefined : await batchesBehind(db, sink),
    keys: counted(keys),
    materialExpiresAt: expiring.length > 0 ? Math.min(...expiring) : undefined,
    rotationsOverdue: Number(overdue?.count ?? 0),
    secretRotations: {
      running: sum(rotations.filter(({ attempts }) => attempts === 0)),
      failing: sum(rotations.filter(({ attempts }) => attempts > 0)),
    },
    tasks: { READY: 0, RUNNING: 0, ...counted(tasks) },
    tasksFailedLastDay: Number(failed?.count ?? 0),
  }
}

function counted(
  rows: readonly { readonly state: string; readonly count: number }[],
): Record<string, number> {
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]))
}
