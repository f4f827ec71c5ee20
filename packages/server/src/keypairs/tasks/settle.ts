import type { Job, JobRun } from '../../jobs/job.ts'
import type { Store, WriteHandle } from '../../store/store.ts'
import { clearDoubt, findDoubt, type HostDoubt, hostsInDoubt, putDoubt } from '../hosts/doubts.ts'
import { lookAt, type Remedy, type Verdict } from '../hosts/look.ts'
import { addressOf, type Host, setBinding } from '../hosts/registry.ts'
import { dropEarlierKeys } from './run-task.ts'

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

/** What was seen on a host in doubt. */
export interface SeenHost {
  readonly host: Host
  readonly verdict: Pick<Verdict, 'state' | 'remedy'>
}

export interface HostLookParts {
  readonly store: Pick<Store, 'read'>
  /** Makes the record say so: an act of the service, which does nothing where the host has moved since. */
  readonly settleSeen: (seen: SeenHost, step: JobRun['step']) => Promise<void>
}

const EVERY = 60_000
const AT_A_TIME = 10
const PATIENCE = 10_000

/**
 * Looks again at hosts of which a task could not tell how it had left them, until it is known. What was never in doubt is
 * not judged here: a key that someone has taken away by hand is theirs to explain.
 */
export function hostLookJob({ store, settleSeen }: HostLookParts): Job {
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
        const verdict = await lookAt({ ...addressOf(host), connectTimeout: PATIENCE }, host, doubt)
        const { remedy } = verdict
        if (remedy.kind === 'nothing' || (remedy.kind === 'unbind' && !doubt.mayLack)) continue
        const same = JSON.stringify(doubt.lines)
        if (remedy.kind === 'keep-lines' && !doubt.mayLack && JSON.stringify(remedy.lines) === same) continue
        await settleSeen({ host, verdict }, work.step)
      }
    },
  })
}
