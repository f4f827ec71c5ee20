import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SignedRequest, signAcs3 } from '../packages/server/src/wire/alibaba/sign.ts'
import { type Server, startServer } from './process.ts'

const key = { accessKeyId: 'LTAIbenchbenchbench00001', accessKeySecret: 'benchSecretbenchSecretbench001' }
const here = (file: string) => new URL(file, import.meta.url).pathname
const pinned = process.platform === 'linux'

/** A keyward on SQLite in a folder of its own, with one user whose policies allow what is measured. */
export interface Keyward extends Server {
  /** The bytes of one signed (ACS3) request, with a nonce of its own: to be sent once. */
  request(action: string, parameters?: Readonly<Record<string, string>>): Buffer
  /** Makes one call and answers its body; throws when it is refused. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every operation
  call(action: string, parameters?: Readonly<Record<string, string>>): Promise<any>
}

export async function startKeyward(): Promise<Keyward> {
  const data = mkdtempSync(join(tmpdir(), 'keyward-bench-'))
  const flags = [
    '--listen',
    '127.0.0.1:0',
    '--data',
    data,
    '--apply',
    here('world.json'),
    '--log-level',
    'warn',
  ]
  const server = await startServer(here('../packages/cli/src/main.ts'), ['serve', ...flags], pinned)
  const host = `127.0.0.1:${server.port}`
  const sign = (action: string, query: Readonly<Record<string, string>>) =>
    signAcs3({ ...key, method: 'POST', host, action, version: '2016-01-20', query })
  return {
    ...server,
    request: (action, parameters = {}) => bytesOf(host, sign(action, parameters)),
    async call(action, parameters = {}) {
      const signed = sign(action, parameters)
      const answer = await fetch(`http://${host}${signed.target}`, {
        method: 'POST',
        headers: { ...signed.headers },
      })
      const body = await answer.json()
      if (answer.status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
      return body
    },
    async stop() {
      await server.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** The floor: a bare Fastify that echoes JSON, see echo-server.ts. */
export function startEcho(): Promise<Server> {
  return startServer(here('echo-server.ts'), [], pinned)
}

function bytesOf(host: string, { method, target, headers, body }: SignedRequest): Buffer {
  const lines = Object.entries({ ...headers, host, 'content-length': String(Buffer.byteLength(body)) })
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`,
  )
}
