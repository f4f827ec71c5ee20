import { accessSync, constants, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Service, Settings } from '@keyward/server'
import { misused } from '../exit.ts'
import { type Denied, deniedText } from './denial.ts'

/** A key of the throw-away service, by the name of its profile; `root` is that of the account. */
export interface DevProfile {
  readonly accountUid: string
  readonly domainId: string
  readonly projectId: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

export interface DevService {
  readonly url: string
  readonly data: string
  readonly profiles: Readonly<Record<string, DevProfile>>
  /** Denials since the start or the last reset, oldest first. */
  readonly denials: readonly Denied[]
  /** The state that it had when it was ready, clock and all, at the same address with the same keys. */
  reset(): Promise<void>
  /** Stops it and takes its files away. */
  close(): Promise<void>
}

export interface DevOptions {
  /** `HOST:PORT`; a free port of loopback by default. */
  readonly listen?: string
  /** World file, applied before it is ready. */
  readonly world: string
  readonly insecure: boolean
  readonly onDenied: (denied: Denied) => void
}

/** Denials that are kept for those who ask later. */
const MOST_DENIALS = 1000

/**
 * Starts a service in a fresh folder that is gone with it. The folder lies in memory where the system has such a place,
 * so that nothing waits for a disk.
 */
export async function startDevService(options: DevOptions): Promise<DevService> {
  const { createLog, startServer } = await import('@keyward/server')
  const folder = mkdtempSync(join(memoryFolder(), 'keyward-dev-'))
  const [data, kept] = [join(folder, 'data'), join(folder, 'kept')]
  const denials: Denied[] = []
  const io = {
    log: createLog('error'),
    onDenied(diagnosis: Parameters<typeof deniedText>[0]) {
      const denied = deniedText(diagnosis)
      if (denials.push(denied) > MOST_DENIALS) denials.shift()
      options.onDenied(denied)
    },
  }
  let service: Service
  try {
    // The first start makes the world; its files are what a reset goes back to.
    const first = await settingsFor(data, options.listen ?? '127.0.0.1:0', options)
    service = await startServer(first, io)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const address = new URL(service.url)
  const listen = options.listen?.replace(/:\d+$/, `:${address.port}`) ?? address.host
  const profiles = readProfiles(data)
  const again = async () => {
    service = await startServer(await settingsFor(data, listen, { insecure: options.insecure }), io)
  }

  // The state to go back to is whole only while nothing has the files open.
  await service.close()
  cpSync(data, kept, { recursive: true })
  await again()
  return {
    url: service.url,
    data,
    profiles,
    denials,
    async reset() {
      await service.close()
      rmSync(data, { recursive: true, force: true })
      cpSync(kept, data, { recursive: true })
      denials.length = 0
      await again()
    },
    async close() {
      await service.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function settingsFor(
  data: string,
  listen: string,
  { world, insecure }: { readonly world?: string; readonly insecure: boolean },
): Promise<Settings> {
  const { readSettings } = await import('@keyward/server/settings')
  const flags = new Map([
    ['listen', [listen]],
    ['data', [data]],
    ['test-clock', ['true']],
    ['log-level', ['error']],
    ...(world === undefined ? [] : [['apply', [world]] as const]),
    ...(insecure
      ? ([
          ['insecure-http', ['true']],
          ['insecure-test-clock', ['true']],
        ] as const)
      : []),
  ] as [string, string[]][])
  const { settings, problems } = readSettings({ flags, environment: {}, folder: '/' })
  if (problems) throw misused(problems.join('\n'))
  return settings
}

function readProfiles(data: string): Record<string, DevProfile> {
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8'))
  const file = join(data, 'credentials.json')
  const others = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).profiles : {}
  const entries = Object.entries({ root, ...others } as Record<string, DevProfile>)
  return Object.fromEntries(
    entries.map(([name, { accountUid, domainId, projectId, accessKeyId, accessKeySecret }]) => [
      name,
      { accountUid, domainId, projectId, accessKeyId, accessKeySecret },
    ]),
  )
}

function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
