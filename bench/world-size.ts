import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeBigWorld } from './big-world.ts'
import { load } from './load.ts'
import { type Keyward, startKeyward } from './service.ts'
import { median, microseconds } from './table.ts'

const CONNECTIONS = 64
const CALLS = 15_000

/** What a signed Encrypt costs in a large world and in one of a single user: medians, and of the ratio in each round. */
export interface WorldSize {
  readonly small: number
  readonly big: number
  readonly ratio: number
  readonly lowest: number
  readonly highest: number
}

/** CPU a call, in microseconds, in turn. */
export async function worldSizes(rounds: number): Promise<WorldSize> {
  const world = writeBigWorld()
  const servers = [await startKeyward(), await startKeyward({ world })] as const
  try {
    const calls = await Promise.all(servers.map(encrypting))
    const seen: { small: number; big: number }[] = []
    for (let round = 0; round <= rounds; round += 1) {
      const small = await cpuOf(servers[0], calls[0]!)
      const big = await cpuOf(servers[1], calls[1]!)
      if (round > 0) seen.push({ small, big })
    }
    const ratios = seen.map(({ big, small }) => big / small)
    return {
      small: median(seen.map((one) => one.small)),
      big: median(seen.map((one) => one.big)),
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
    }
  } finally {
    for (const server of servers) await server.stop()
    rmSync(dirname(world), { recursive: true, force: true })
  }
}

async function encrypting(keyward: Keyward): Promise<() => Buffer> {
  const { KeyMetadata } = await keyward.call('CreateKey')
  const parameters = { KeyId: KeyMetadata.KeyId as string, Plaintext: 'A'.repeat(64) }
  return () => keyward.request('Encrypt', parameters)
}

async function cpuOf(server: Keyward, request: () => Buffer): Promise<number> {
  const requests = Array.from({ length: CALLS }, request)
  const before = server.cpu()
  const { answered, failed } = await load(server.port, CONNECTIONS, 60_000, () => requests.pop())
  if (failed > 0) throw new Error(`${failed} of ${answered} calls failed`)
  return microseconds((server.cpu() - before) / answered)
}
