import { randomUUID } from 'node:crypto'
import { createAuditLog } from '../audit/log.ts'
import { createAsymmetric } from '../crypto/pool/asymmetric.ts'
import { createDirectory } from '../identity/directory.ts'
import { createLastUsed } from '../identity/last-used.ts'
import { absenceText } from '../store/errors.ts'
import { LOOK_TOO_LONG } from '../store/look.ts'
import { openStore } from '../store/open.ts'
import { createRevisionCache } from '../store/revision-cache.ts'
import { describeDefect } from '../wire/exchange.ts'
import { openClock } from './clock.ts'
import { makeDataFolder } from './credentials.ts'
import { carryOver } from './keyring/carry-over.ts'
import { openKeyring } from './keyring/open.ts'
import { missingFolders, noteFiles, removeEmpty } from './leftovers.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Settings } from './settings.ts'
import { assertNotLost, assertWhole } from './start-check.ts'

/** What is undone, last first, when the service stops or does not start. */
export type Undo = () => Promise<unknown>

export interface ResourceParts {
  readonly settings: Settings
  readonly log: Log
  readonly metrics: Metrics | undefined
  readonly undo: Undo[]
  /** Whether the service has started: what a start that failed has made goes away with it. */
  readonly isReady: () => boolean
}

export type Resources = Awaited<ReturnType<typeof openResources>>

/** Opens what the service works with: database, root key, clock, cache, audit log, identities. Each is closed by `undo`. */
export async function openResources({ settings, log, metrics, undo, isReady }: ResourceParts) {
  const folders = missingFolders(settings)
  undo.push(async () => isReady() || removeEmpty(folders))
  makeDataFolder(settings.data)
  const file = settings.database.kind === 'sqlite' ? settings.database.path : undefined
  if (file !== undefined) assertNotLost(settings.data, file)
  const store = await openStore(databaseUrl(settings), { onNotice: (message) => log.warn(message) })
  const leftovers = noteFiles(settings)
  undo.push(async () => {
    const discard = !isReady() && store.fresh === true
    if (discard) leftovers.removeFiles()
    await store.close({ discard })
  })
  await assertWhole(store, file)
  store.damage?.onFound(({ problem }) =>
    log.fatal(problem, 'the database is damaged: every call is refused from now on'),
  )
  const ring = await openKeyring({ store, path: settings.rootKey, log, onMade: leftovers.madeRootKey })
  undo.push(() => ring.close())
  const { keyring } = ring
  await carryOver({ store, ring, log, now: Date.now })
  const clock = await openClock(settings, store, log)
  undo.push(async () => clock.watch.close())
  const cache = createRevisionCache({
    store,
    clock,
    onChange(error) {
      if (error === undefined) log.info('the database answers again')
      else if (!store.damage?.found) log.error(...describeAbsence(error))
    },
    ...(metrics ? { onLook: metrics.onLook } : {}),
  })
  undo.push(() => cache.close())
  const chain = store.kind === 'sqlite' ? 'main' : randomUUID()
  const audit = await createAuditLog({
    store,
    clock,
    sealKeys: keyring,
    chainId: chain,
    log: (level, message, detail) => log[level](detail ?? {}, message),
    ...(metrics ? { onBatch: metrics.onBatch } : {}),
  })
  undo.push(() => audit.close())
  const directory = createDirectory({ store, cache, keyring, clock })
  const asymmetric = createAsymmetric()
  undo.push(() => asymmetric.close())
  const lastUsed = createLastUsed({ store, clock })
  undo.push(() => lastUsed.close())
  return { store, ring, keyring, clock, cache, audit, chain, directory, asymmetric, lastUsed }
}

/** A database that does not answer, in plain words: its own or the network's, which name no input. */
function describeAbsence(error: unknown): [Record<string, unknown>, string] {
  const words = absenceText(error)
  if (words !== undefined) return [{}, words]
  if (error instanceof Error && error.message === LOOK_TOO_LONG)
    return [{}, `the database does not answer: ${LOOK_TOO_LONG}`]
  return [{ ...describeDefect(error) }, 'the database does not answer']
}

function databaseUrl({ database }: Settings): string {
  return database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url
}
