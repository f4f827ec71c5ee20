import { stat } from 'node:fs/promises'
import type { Log } from './log.ts'
import type { Settings } from './settings.ts'
import { loadTls, type TlsMaterial, tlsFiles } from './tls.ts'

export interface TlsReload {
  /** Takes the files as they are now. A pair that does not work is said in the log, and the old one stays. */
  reload(): Promise<void>
  close(): Promise<void>
}

export interface KeepTlsParts {
  readonly log: Log
  /** Lets the next connections have this certificate. */
  readonly use: (tls: TlsMaterial) => void
  /** The state of the files before they were read for the first time. */
  readonly since: string
  /** In milliseconds. */
  readonly lookEvery?: number
}

/** How often the files are looked at, in milliseconds. */
const LOOK_EVERY = 10_000
/** A certificate of our own making nears its end without any file changing. */
const RENEW_EVERY = 12 * 3600_000

/**
 * Keeps the certificate of a running server up to date: when asked, when its files change, and before one of our own
 * making ends. Looks by name, so that a file that was replaced, or a link that leads elsewhere now, is seen too.
 */
export function keepTls(
  settings: Settings,
  { log, use, since, lookEvery = LOOK_EVERY }: KeepTlsParts,
): TlsReload {
  if (!settings.tls) {
    return {
      reload: async () => log.info('asked to reload: without TLS there is nothing to read anew'),
      close: async () => {},
    }
  }
  let turn: Promise<void> = Promise.resolve()
  /** The files as last taken or refused, and as last seen: half of a renewed pair is no reason to complain. */
  let taken = since
  let seen = since
  let renewAt = performance.now() + RENEW_EVERY

  async function take(): Promise<void> {
    taken = await tlsState(settings)
    try {
      const tls = await loadTls(settings, log)
      if (tls) use(tls)
      taken = settings.tls?.kind === 'self-signed' ? await tlsState(settings) : taken
      log.info('the certificate was read anew')
    } catch (error) {
      log.error(`the certificate was not taken, the earlier one stays: ${(error as Error).message}`)
    }
  }

  async function look(): Promise<void> {
    const now = await tlsState(settings)
    const settled = now === seen
    seen = now
    if (now !== taken && settled) await take()
    else if (settings.tls?.kind === 'self-signed' && performance.now() >= renewAt) {
      renewAt = performance.now() + RENEW_EVERY
      await take()
    }
  }

  const next = (step: () => Promise<void>) => {
    turn = turn.then(step, step)
    return turn
  }
  const timer = setInterval(() => void next(look), lookEvery)
  timer.unref()
  return {
    reload: () => next(take),
    async close() {
      clearInterval(timer)
      await turn
    },
  }
}

/** What tells the files from those that were there before. */
export async function tlsState(settings: Settings): Promise<string> {
  const states = await Promise.all(
    tlsFiles(settings).map((file) =>
      stat(file, { bigint: true }).then(
        ({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs].join(':'),
        () => 'gone',
      ),
    ),
  )
  return states.join(' ')
}
