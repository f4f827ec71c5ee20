import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SignedRequest, signAcs3 } from '../packages/server/src/wire/alibaba/sign.ts'
import { load } from './load.ts'
import { type Server, startServer } from './process.ts'
import { median, microseconds, quantile, type Row } from './table.ts'

const CONNECTIONS = 64
const ROUND_MS = 2000
const WARM_UP_MS = 1500
/** More than a round can use, so that signing stays outside of it. */
const REQUESTS = 60_000

const key = { accessKeyId: 'LTAIbenchbenchbench00001', accessKeySecret: 'benchSecretbenchSecretbench001' }
const here = (file: string) => new URL(file, import.meta.url).pathname

/**
 * A signed (ACS3), authorized Encrypt of 64 bytes with an encryption context, its audit entry durable on SQLite before
 * the answer, beside a bare Fastify that answers JSON of the same size to the same request, in interleaved rounds.
 */
export async function encryptBench(rounds: number): Promise<readonly Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'keyward-bench-'))
  const pinned = process.platform === 'linux'
  const keyward = await startServer(
    here('../packages/cli/src/main.ts'),
    [
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--data',
      data,
      '--apply',
      here('world.json'),
      '--log-level',
      'warn',
    ],
    pinned,
  )
  const echo = await startServer(here('echo-server.ts'), [], pinned)
  try {
    const keyId = await createKey(keyward)
    const results = { keyward: [] as Measured[], echo: [] as Measured[] }
    await round(keyward, keyId, WARM_UP_MS, true)
    await round(echo, keyId, WARM_UP_MS, false)
    for (let i = 0; i < rounds; i += 1) {
      results.echo.push(await round(echo, keyId, ROUND_MS, false))
      results.keyward.push(await round(keyward, keyId, ROUND_MS, true))
    }
    const ratios = results.keyward.map(({ rate }, i) => rate / (results.echo[i] as Measured).rate)
    return [
      row('bare Fastify, JSON echo', results.echo),
      { ...row('Encrypt: signed, decided, audited', results.keyward), ratio: median(ratios), ratios },
    ]
  } finally {
    await keyward.stop()
    await echo.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

interface Measured {
  readonly rate: number
  readonly cpu: number
  readonly p50: number
  readonly p99: number
}

/** `once`: every request has a nonce of its own and is sent once; the echo is sent the same ones again and again. */
async function round(server: Server, keyId: string, milliseconds: number, once: boolean): Promise<Measured> {
  const count = once ? Math.ceil((REQUESTS * milliseconds) / ROUND_MS) : 1000
  const requests = Array.from({ length: count }, () => encryptRequest(server, keyId))
  let sent = 0
  const next = () => (once && sent === count ? undefined : requests[sent++ % count])
  const before = server.cpu()
  const seen = await load(server.port, CONNECTIONS, milliseconds, next)
  if (seen.failed > 0) throw new Error(`${seen.failed} of ${seen.answered} requests failed`)
  if (once && sent === count) throw new Error('the round ran out of signed requests')
  return {
    rate: seen.answered / seen.seconds,
    cpu: microseconds((server.cpu() - before) / seen.answered),
    p50: quantile(seen.latencies, 0.5),
    p99: quantile(seen.latencies, 0.99),
  }
}

function encryptRequest(server: Server, keyId: string): Buffer {
  const host = `127.0.0.1:${server.port}`
  return wireBytes(
    host,
    signAcs3({
      ...key,
      method: 'POST',
      host,
      action: 'Encrypt',
      version: '2016-01-20',
      query: { KeyId: keyId, Plaintext: 'A'.repeat(64), EncryptionContext: '{"Project":"ProjectA"}' },
    }),
  )
}

async function createKey(server: Server): Promise<string> {
  const host = `127.0.0.1:${server.port}`
  const signed = signAcs3({
    ...key,
    method: 'POST',
    host,
    action: 'CreateKey',
    version: '2016-01-20',
    query: {},
  })
  const answer = await fetch(`http://${host}${signed.target}`, {
    method: 'POST',
    headers: { ...signed.headers },
  })
  const body = (await answer.json()) as { KeyMetadata?: { KeyId: string } }
  if (!body.KeyMetadata) throw new Error(`no key: ${JSON.stringify(body)}`)
  return body.KeyMetadata.KeyId
}

function wireBytes(host: string, { method, target, headers, body }: SignedRequest): Buffer {
  const lines = Object.entries({ ...headers, host, 'content-length': String(Buffer.byteLength(body)) })
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`,
  )
}

function row(name: string, rounds: readonly Measured[]): Row {
  const of = (field: keyof Measured) => median(rounds.map((one) => one[field]))
  const rates = rounds.map(({ rate }) => rate)
  return {
    name,
    rate: of('rate'),
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    p50: of('p50'),
    p99: of('p99'),
    cpu: of('cpu'),
  }
}
