import { load } from './load.ts'
import { once, signParameters } from './rates.ts'
import { startKeyward } from './service.ts'
import { median, quantile } from './table.ts'

const ROUND_MS = 2000
const READERS = 4
const SIGNERS = 16

/** Latency of DescribeKey, in milliseconds: medians over the rounds, and of the ratio busy to idle in each round. */
export interface Latency {
  readonly idle: { readonly p50: number; readonly p99: number }
  readonly busy: { readonly p50: number; readonly p99: number }
  readonly ratio: { readonly p50: number; readonly p99: number }
  /** RSA_4096 signatures a second meanwhile. */
  readonly signatures: number
}

/** How much slower DescribeKey is while RSA_4096 signatures keep a core busy, beside the idle service, in turn. */
export async function describeKeyUnderSigning(rounds: number): Promise<Latency> {
  const keyward = await startKeyward()
  try {
    const parameters = await signParameters(keyward, 'RSA_4096', 'RSA_PSS_SHA_256')
    const { KeyId } = parameters
    const describe = {
      name: 'DescribeKey',
      request: () => keyward.request('DescribeKey', { KeyId }),
      mostPerSecond: 20_000,
    }
    const signing = {
      name: 'sign',
      request: () => keyward.request('AsymmetricSign', parameters),
      mostPerSecond: 2000,
    }
    const read = async () => {
      const { failed, latencies } = await load(keyward.port, READERS, ROUND_MS, once(describe, ROUND_MS))
      if (failed > 0) throw new Error(`${failed} reads failed`)
      return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
    }
    const seen: { idle: Latency['idle']; busy: Latency['busy']; signatures: number }[] = []
    for (let i = 0; i <= rounds; i += 1) {
      const idle = await read()
      const signed = load(keyward.port, SIGNERS, ROUND_MS, once(signing, ROUND_MS))
      const busy = await read()
      const { answered, seconds } = await signed
      if (i > 0) seen.push({ idle, busy, signatures: answered / seconds })
    }
    const over = (pick: (one: (typeof seen)[number]) => number) => median(seen.map(pick))
    return {
      idle: { p50: over((one) => one.idle.p50), p99: over((one) => one.idle.p99) },
      busy: { p50: over((one) => one.busy.p50), p99: over((one) => one.busy.p99) },
      ratio: {
        p50: over((one) => one.busy.p50 / one.idle.p50),
        p99: over((one) => one.busy.p99 / one.idle.p99),
      },
      signatures: over((one) => one.signatures),
    }
  } finally {
    await keyward.stop()
  }
}
