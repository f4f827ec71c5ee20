import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SignedRequest, signAcs3, signAcs4, signV1 } from '../packages/server/src/wire/alibaba/sign.ts'
import { signSdkHmac } from '../packages/server/src/wire/huawei/sign.ts'
import { type Server, startServer } from './process.ts'

const key = { accessKeyId: 'LTAIbenchbenchbench00001', accessKeySecret: 'benchSecretbenchSecretbench001' }
/** The project of the account in world.json. */
const PAIRS = `/v3/${'0123456789abcdef'.repeat(2)}/keypairs`
const here = (file: string) => new URL(file, import.meta.url).pathname
const pinned = process.platform === 'linux'

export type Scheme = 'acs3' | 'acs4' | 'v1'
type Parameters = Readonly<Record<string, string>>

/** A keyward on SQLite in a folder of its own, with one user whose policies allow what is measured. */
export interface Keyward extends Server {
  /** The bytes of one signed request, with a nonce of its own: to be sent once. */
  request(action: string, parameters?: Parameters, scheme?: Scheme): Buffer
  /** The same for a call on key pairs, on the Huawei wire. */
  pairRequest(method: 'GET' | 'POST', path?: string, body?: string): Buffer
  /** Makes one call and answers its body; throws when it is refused. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every operation
  call(action: string, parameters?: Parameters): Promise<any>
  makePair(name: string): Promise<void>
}

export interface KeywardOptions {
  /** The program to run instead of this checkout's: to compare two of them. */
  readonly program?: string
  /** The world to apply; world.json when absent. */
  readonly world?: string
  readonly nodeFlags?: readonly string[]
  /** A folder that stays; one that goes with the server when absent. */
  readonly data?: string
}

export async function startKeyward(options: KeywardOptions = {}): Promise<Keyward> {
  const { program, world, nodeFlags } = options
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'keyward-bench-'))
  const flags = [
    '--listen',
    '127.0.0.1:0',
    '--data',
    data,
    '--apply',
    world ?? here('world.json'),
    '--log-level',
    'warn',
  ]
  const file = program ?? here('../packages/cli/src/main.ts')
  const server = await startServer(file, ['serve', ...flags], pinned, nodeFlags)
  const host = `127.0.0.1:${server.port}`
  const sign = (action: string, query: Parameters, scheme: Scheme) => {
    const call = { ...key, method: 'POST' as const, host, action, version: '2016-01-20', query }
    if (scheme === 'acs4') return signAcs4(call, 'cn-hangzhou', 'Kms')
    return scheme === 'v1' ? signV1(call) : signAcs3(call)
  }
  const send = async (what: string, signed: SignedRequest) => {
    const answer = await fetch(`http://${host}${signed.target}`, {
      method: signed.method,
      headers: { ...signed.headers },
      ...(signed.body && { body: signed.body }),
    })
    const body = await answer.json()
    if (answer.status !== 200) throw new Error(`${what}: ${JSON.stringify(body)}`)
    return body
  }
  const pair = (method: 'GET' | 'POST', path: string, body?: string) =>
    signSdkHmac({ ...key, method, host, path: `${PAIRS}${path}`, ...(body === undefined ? {} : { body }) })
  return {
    ...server,
    request: (action, parameters = {}, scheme = 'acs3') => bytesOf(host, sign(action, parameters, scheme)),
    pairRequest: (method, path = '', body) => bytesOf(host, pair(method, path, body)),
    call: (action, parameters = {}) => send(action, sign(action, parameters, 'acs3')),
    makePair: (name) => send(name, pair('POST', '', JSON.stringify({ keypair: { name } }))) as Promise<void>,
    async stop() {
      await server.stop()
      if (options.data === undefined) rmSync(data, { recursive: true, force: true })
    },
  }
}

/** The floor: a bare Fastify that echoes JSON, see echo-server.ts. */
export function startEcho(): Promise<Server> {
  return startServer(here('echo-server.ts'), [], pinned)
}

function bytesOf(host: string, { method, target, headers, body }: SignedRequest): Buffer {
  const length = method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries({ ...headers, host, ...length })
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`,
  )
}
