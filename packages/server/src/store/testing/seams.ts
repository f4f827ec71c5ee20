import type { KyselyPlugin, RootOperationNode } from 'kysely'
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../store.ts'

/** A clock whose hands tests move: `monotonic` and `wall` too. */
export interface HandClock extends Clock {
  move(milliseconds: number): void
}

export function handClock(): HandClock {
  let at = 1_000_000
  const read = () => at
  return {
    now: read,
    wall: read,
    monotonic: read,
    move: (milliseconds) => {
      at += milliseconds
    },
  }
}

/** The store, with an eye (and a hand) on each of its reads. */
export function observedStore(
  store: Store,
  onRead: (node: RootOperationNode) => void | Promise<void>,
): Store {
  const waits = new WeakMap<object, Promise<void>>()
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      const wait = onRead(node)
      if (wait) waits.set(queryId, wait)
      return node
    },
    async transformResult({ result, queryId }) {
      await waits.get(queryId)
      return result
    },
  }
  return {
    ...store,
    read: store.read.withPlugin(plugin),
    snapshot: (body) => store.snapshot((db) => body(db.withPlugin(plugin))),
  }
}
