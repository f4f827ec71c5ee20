import type { Clock } from '../base/clock.ts'
import type { Store } from '../store/store.ts'
import { chunks } from './rows.ts'
import { isTemporary } from './tokens.ts'

/** When access keys were last used, kept in memory and written down from time to time: no call waits for a write of it. */
export interface LastUsed {
  note(accessKeyId: string): void
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

/** More keys than this in one time are not kept: what is noted later than it is written down is only later. */
const MOST = 100_000

export function createLastUsed({ store, clock, everyMs = 60_000 }: LastUsedParts): LastUsed {
  let noted = new Map<string, number>()
  let active: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()

  function flush(): Promise<void> {
    active = active.then(async () => {
      const uses = noted
      noted = new Map()
      // A process that cannot write answers its calls with that anyway, and what is lost is a date.
      for (const part of chunks([...uses])) await write(part).catch(() => {})
    })
    return active
  }

  async function write(uses: readonly (readonly [string, number])[]): Promise<void> {
    if (uses.length === 0) return
    await store.write(async (tx) => {
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
    })
  }

  return Object.freeze({
    note(id: string) {
      if (noted.size < MOST && !isTemporary(id)) noted.set(id, clock.now())
    },
    flush,
    close() {
      clearInterval(timer)
      return flush()
    },
  })
}
