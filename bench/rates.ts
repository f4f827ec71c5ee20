import { createHash } from 'node:crypto'
import {
  encrypt,
  generateMaterial,
  keySpec,
  loadMaterial,
  sign,
} from '../packages/server/src/crypto/algorithms/index.ts'
import { load } from './load.ts'
import { HEAP_FLAGS, type Server } from './process.ts'
import { type Keyward, startEcho, startKeyward } from './service.ts'
import { median, microseconds, quantile, type Row } from './table.ts'

const CONNECTIONS = 64
const ROUND_MS = 2000
// Optimizing compilers take seconds: what is measured is a server that has been running.
const WARM_UP_MS = 5000
const RAW_MS = 300
/** Requests a second that no call reaches, so that signing them stays outside of the round. */
const MOST_PER_SECOND = 40_000

/** One kind of call, and the operation of node:crypto at its heart where that says something. */
interface Measure {
  readonly name: string
  readonly request: () => Buffer
  readonly mostPerSecond?: number
  readonly raw?: () => unknown
  /** Its rate is shown beside that of Encrypt, too. */
  readonly besideEncrypt?: true
}

/** Memory in megabytes, after all rounds. */
export interface Rates {
  readonly rows: readonly Row[]
  readonly memory: number
  readonly heap: number
  readonly echoMemory: number
}

/**
 * Signed (ACS3), decided calls whose audit entry is durable on SQLite before the answer, beside a bare Fastify that echoes
 * JSON, request and answer of the sizes that Encrypt has, in interleaved rounds: requests a second as a ratio to the
 * floor of the same round, and as a ratio to the bare operation on one thread.
 */
export async function rates(rounds: number): Promise<Rates> {
  const keyward = await startKeyward({ nodeFlags: HEAP_FLAGS })
  const echo = await startEcho()
  try {
    const { measures, encrypt: parameters } = await prepare(keyward)
    const floor = echoRequest(
      keyward.request('Encrypt', parameters),
      await keyward.call('Encrypt', parameters),
    )
    const seen = new Map<string, Measured[]>([['', []]])
    await round(echo, WARM_UP_MS, floor)
    let encryptRate = Number.NaN
    for (let i = 0; i <= rounds; i += 1) {
      const base = await round(echo, i === 0 ? 200 : ROUND_MS, floor)
      if (i > 0) seen.get('')?.push(base)
      for (const measure of measures) {
        const ms = i === 0 ? WARM_UP_MS : ROUND_MS
        const done = await round(keyward, ms, once(measure, ms))
        const raw = measure.raw && opsPerSecond(measure.raw)
        if (measure.name === 'Encrypt') encryptRate = done.rate
        if (i === 0) seen.set(measure.name, [])
        else
          seen.get(measure.name)?.push({
            ...done,
            ratio: done.rate / base.rate,
            p99OfEcho: done.p99 / base.p99,
            ...(raw === undefined ? {} : { ofRaw: done.rate / raw }),
            ...(measure.besideEncrypt ? { ofEncrypt: done.rate / encryptRate } : {}),
          })
      }
    }
    return {
      rows: [...seen].map(([name, all]) => row(name || 'bare Fastify, JSON echo', all)),
      memory: keyward.memory(),
      heap: await keyward.heap(),
      echoMemory: echo.memory(),
    }
  } finally {
    await keyward.stop()
    await echo.stop()
  }
}

async function prepare(keyward: Keyward) {
  const { KeyMetadata } = await keyward.call('CreateKey')
  const KeyId: string = KeyMetadata.KeyId
  const EncryptionContext = '{"Project":"ProjectA"}'
  const Plaintext = 'A'.repeat(64)
  const parameters = { KeyId, Plaintext, EncryptionContext }
  const { CiphertextBlob } = await keyward.call('Encrypt', parameters)
  const aes = loadMaterial(keySpec('Aliyun_AES_256')!, await generateMaterial(keySpec('Aliyun_AES_256')!))
  const text = Buffer.from(Plaintext)
  const measures: readonly Measure[] = [
    {
      name: 'Encrypt',
      request: () => keyward.request('Encrypt', parameters),
      raw: () => encrypt(aes as never, text),
    },
    { name: 'Decrypt', request: () => keyward.request('Decrypt', { CiphertextBlob, EncryptionContext }) },
    {
      name: 'GenerateDataKey',
      request: () => keyward.request('GenerateDataKey', { KeyId, EncryptionContext }),
    },
    await reading(keyward, "the service's key"),
    await reading(keyward, 'a key of the caller', KeyId),
    await signing(keyward, 'RSA_2048', 'RSA_PSS_SHA_256'),
    await signing(keyward, 'EC_P256', 'ECDSA_SHA_256'),
  ]
  return { measures, encrypt: parameters }
}

/** Reads of a secret of a usual size. */
async function reading(keyward: Keyward, under: string, EncryptionKeyId?: string): Promise<Measure> {
  const SecretName = `bench/${EncryptionKeyId === undefined ? 'service' : 'caller'}`
  await keyward.call('CreateSecret', {
    SecretName,
    SecretData: JSON.stringify({ user: 'shop', password: 'p'.repeat(32) }),
    VersionId: 'v1',
    ...(EncryptionKeyId && { EncryptionKeyId }),
  })
  return {
    name: `GetSecretValue, ${under}`,
    request: () => keyward.request('GetSecretValue', { SecretName }),
    besideEncrypt: true,
  }
}

async function signing(keyward: Keyward, KeySpec: string, Algorithm: string): Promise<Measure> {
  const parameters = await signParameters(keyward, KeySpec, Algorithm)
  const local = loadMaterial(keySpec(KeySpec)!, await generateMaterial(keySpec(KeySpec)!))
  const digest = Buffer.from(parameters.Digest as string, 'base64')
  return {
    name: `AsymmetricSign ${KeySpec}`,
    request: () => keyward.request('AsymmetricSign', parameters),
    mostPerSecond: 8000,
    raw: () => sign(local as never, Algorithm as never, digest),
  }
}

/** A new key of the spec, and the parameters of an AsymmetricSign with it. */
export async function signParameters(keyward: Keyward, KeySpec: string, Algorithm: string) {
  const { KeyMetadata } = await keyward.call('CreateKey', { KeySpec, KeyUsage: 'SIGN/VERIFY' })
  const { KeyVersions } = await keyward.call('ListKeyVersions', { KeyId: KeyMetadata.KeyId })
  const Digest = createHash('sha256').update('bench').digest('base64')
  return {
    KeyId: KeyMetadata.KeyId as string,
    KeyVersionId: KeyVersions.KeyVersion[0].KeyVersionId as string,
    Algorithm,
    Digest,
  }
}

interface Measured {
  readonly rate: number
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  readonly ratio?: number
  readonly p99OfEcho?: number
  readonly ofRaw?: number
  readonly ofEncrypt?: number
}

/** Each request once: it has a nonce of its own. */
export function once({ request, mostPerSecond = MOST_PER_SECOND }: Measure, milliseconds: number) {
  const requests = Array.from({ length: Math.ceil((mostPerSecond * milliseconds) / 1000) }, request)
  return () => {
    const next = requests.pop()
    if (!next) throw new Error('the round ran out of signed requests')
    return next
  }
}

/** A request for the echo with as many bytes as the signed one, whose body has as many as the answer. */
function echoRequest(signed: Buffer, answer: object): () => Buffer {
  const length = Buffer.byteLength(JSON.stringify(answer))
  const body = JSON.stringify({ text: 'a'.repeat(length - '{"text":""}'.length) })
  const head = `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\nx-fill: `
  const fill = Math.max(1, signed.length - head.length - 4 - length)
  const request = Buffer.from(`${head}${'a'.repeat(fill)}\r\n\r\n${body}`)
  return () => request
}

async function round(server: Server, milliseconds: number, next: () => Buffer): Promise<Measured> {
  const before = server.cpu()
  const seen = await load(server.port, CONNECTIONS, milliseconds, next)
  if (seen.failed > 0) throw new Error(`${seen.failed} of ${seen.answered} requests failed`)
  return {
    rate: seen.answered / seen.seconds,
    cpu: microseconds((server.cpu() - before) / seen.answered),
    p50: quantile(seen.latencies, 0.5),
    p99: quantile(seen.latencies, 0.99),
  }
}

/** How often the operation runs in a second, one after the other. */
function opsPerSecond(operation: () => unknown): number {
  const start = performance.now()
  let count = 0
  for (; performance.now() - start < RAW_MS; count += 10) for (let i = 0; i < 10; i += 1) operation()
  return (count * 1000) / (performance.now() - start)
}

function row(name: string, rounds: readonly Measured[]): Row {
  const of = (field: 'rate' | 'cpu' | 'p50' | 'p99') => median(rounds.map((one) => one[field]))
  const present = (field: 'ratio' | 'p99OfEcho' | 'ofRaw' | 'ofEncrypt') =>
    rounds.flatMap((one) => one[field] ?? [])
  const rate = rounds.map((one) => one.rate)
  return {
    name,
    rate: of('rate'),
    lowest: Math.min(...rate),
    highest: Math.max(...rate),
    p50: of('p50'),
    p99: of('p99'),
    cpu: of('cpu'),
    ratios: present('ratio'),
    p99s: present('p99OfEcho'),
    ofRaw: present('ofRaw'),
    ofEncrypt: present('ofEncrypt'),
  }
}
