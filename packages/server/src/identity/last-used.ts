import type { Clock } from '../base/clock.ts'
import { writeUses } from '../store/resource-uses.ts'
import type { Store, WriteHandle } from '../store/store.ts'
import type { Caller } from './principal.ts'
import { chunks } from './rows.ts'
import { isTemporary } from './tokens.ts'

/**
 * When access keys, roles, keys and secrets were last used, kept in memory and written down from time to time: no call waits
 * for a write of it, and one that uses a thing a thousand times in a minute costs one row.
 */
export interface LastUsed {
  /** A call whose signature held: of its access key, or of the role whose session it is. */
  note(caller: Pick<Caller, 'accessKeyId' | 'account' | 'session'>): void
  /** A use of a key, a secret or a role that was done, by its name in policies. */
  noteResource(account: string, resource: string): void
  /** Writes down what was noted since the last time. */
  flush(): Promise<void>
  /** Writes down the rest, and stops. */
  close(): Promise<void>
}

export interface LastUsedParts {
  readonly store: Pick<Store, 'write'>
  readonly clock: Clock
  /** How often it is written down, in milliseconds: a minute by default. So late an answer may be. */
  readonly everyMs?: number
}

/** More of a kind than this in one time are not kept: what is noted later than it is written down is only later. */
const MOST = 100_000

export function createLastUsed({ store, clock, everyMs = 60_000 }: LastUsedParts): LastUsed {
  let keys = new Map<string, number>()
  let resources = new Map<string, { readonly account: string; at: number }>()
  let active: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()

  function flush(): Promise<void> {
    active = active.then(async () => {
      const [usedKeys, usedResources] = [keys, resources]
      keys = new Map()
      resources = new Map()
      // A process that cannot write answers its calls with that anyway, and what is lost is a date.
      for (const part of chunks([...usedKeys])) await store.write((tx) => writeKeys(tx, part)).catch(() => {})
      for (const part of chunks([...usedResources]))
        await store
          .write((tx) =>
            writeUses(
              tx,
              part.map(([resource, { account, at }]) => ({ resource, account_uid: account, used_at: at })),
            ),
          )
          .catch(() => {})
    })
    return active
  }

  function noteResource(account: string, resource: string): void {
    const known = resources.get(resource)
    if (known) known.at = clock.now()
    else if (resources.size < MOST) resources.set(resource, { account, at: clock.now() })
  }

  return Object.freeze<LastUsed>({
    note({ accessKeyId, account, session }) {
      if (session) noteResource(account.uid, session.roleArn)
      else if (keys.size < MOST && !isTemporary(accessKeyId)) keys.set(accessKeyId, clock.now())
    },
    noteResource,
    flush,
    close() {
      clearInterval(timer)
      return flush()
    },
  })
}

async function writeKeys(tx: WriteHandle, uses: readonly (readonly [string, number])[]): Promise<void> {
  const ids = uses.map(([id]) => id)
  const there = await tx.selectFrom('access_keys').select('id').where('id', 'in', ids).execute()
  const known = new Set(there.map(({ id }) => id))
  const rows = uses.filter(([id]) => known.has(id)).map(([id, used_at]) => ({ id, used_at }))
  if (rows.length === 0) return
  await tx
    .insertInto('access_key_uses')
    .values(rows)
    .onConflict((on) =>
      on
        .column('id')
        .doUpdateSet((eb) => ({ used_at: eb.ref('excluded.used_at') }))
        // Another process may have seen a later one.
        .whereRef('access_key_uses.used_at', '<', 'excluded.used_at'),
    )
    .execute()
}
