import type { OwnStatus } from '../pipeline/scope.ts'
import type { Resources } from './resources.ts'
import { serverVersion } from './version.ts'

/** How this process sees itself, asked anew each time. */
export function ownStatus({ asymmetric, audit, cache, chain, keyring, store }: Resources): () => OwnStatus {
  const startedAt = Date.now()
  return () => {
    const { running, threads, waiting } = asymmetric.load
    return {
      version: serverVersion,
      startedAt,
      database: store.kind,
      keyring,
      chain,
      audit: audit.load,
      lastLook: cache.lastLook,
      pool: { Threads: threads, Running: running, Waiting: waiting },
    }
  }
}
