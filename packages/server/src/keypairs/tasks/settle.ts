import { randomUUID } from 'node:crypto'
import type { Job } from '../../jobs/job.ts'
import type { WriteHandle } from '../../store/store.ts'
import { clearDoubt, findDoubt, type HostDoubt, hostsInDoubt, putDoubt } from '../hosts/doubts.ts'
import { lookAt, type Remedy } from '../hosts/look.ts'
import { addressOf, type Host, setBinding } from '../hosts/registry.ts'
import { dropEarlierKeys, type TaskParts } from './run-task.ts'
import { activeTaskOf } from './tasks.ts'

/** Makes the record of a host say what was seen on it. Nothing changes on the host. */
export async function settle(
  tx: WriteHandle,
  host: Host,
  doubt: HostDoubt | undefined,
  remedy: Remedy,
  now: number,
): Promise<void> {
  switch (remedy.kind) {
    case 'nothing':
      return
    case 'confirm':
      return clearDoubt(tx, host.id)
    case 'keep-lines':
      if (doubt) await putDoubt(tx, { ...doubt, mayLack: false, passwords: '', lines: remedy.lines })
      return
    case 'bind': {
      const { keypairId, keypairName, line } = remedy.to
      await setBinding(tx, host.id, { keypairId, keypairName, line }, now)
      if (doubt && remedy.lines.length > 0)
        await putDoubt(tx, { ...doubt, mayLack: false, passwords: '', lines: remedy.lines })
      else await clearDoubt(tx, host.id)
      break
    }
    case 'unbind':
      await setBinding(tx, host.id, undefined, now)
      await clearDoubt(tx, host.id)
  }
  if (host.keypair_id !== null) await dropEarlierKeys(tx, host.keypair_id)
}

const EVERY = 60_000
const AT_A_TIME = 10
const PATIENCE = 10_000

/**
 * Looks again at hosts of which a task could not tell how it had left them, until it is known. What was never in doubt is
 * not judged here: a key that someone has taken away by hand is theirs to explain.
 */
export function hostLookJob({ store, clock, audit }: Pick<TaskParts, 'store' | 'clock' | 'audit'>): Job {
  return Object.freeze<Job>({
    name: 'keypair-host-look',
    everyMs: EVERY,
    leaseMs: 4 * EVERY,
    async run(work) {
      for (const id of await hostsInDoubt(store.read, AT_A_TIME)) {
        const host = await store.read
          .selectFrom('keypair_hosts')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        const doubt = await findDoubt(store.read, id)
        if (!host || !doubt) continue
        const { remedy, state } = await lookAt({ ...addressOf(host), connectTimeout: PATIENCE }, host, doubt)
        if (remedy.kind === 'nothing' || (remedy.kind === 'unbind' && !doubt.mayLack)) continue
        const same = JSON.stringify(doubt.lines)
        if (remedy.kind === 'keep-lines' && !doubt.mayLack && JSON.stringify(remedy.lines) === same) continue
        const now = clock.now()
        await work.step(async (tx) => {
          const still = await tx
            .selectFrom('keypair_hosts')
            .select('version')
            .where('id', '=', id)
            .executeTakeFirst()
          if (still?.version !== host.version || (await activeTaskOf(tx, id))) return
          await settle(tx, host, doubt, remedy, now)
          await audit.recordIn(tx, {
            requestId: randomUUID(),
            time: new Date(now).toISOString(),
            operation: 'keyward:SettleHost',
            account: host.account_uid,
            caller: 'keyward',
            accessKeyId: '',
            source: '',
            checks: [],
            outcome: 'Success',
            input: { HostId: host.server_id, State: state, Remedy: remedy.kind },
          })
        })
      }
    },
  })
}
