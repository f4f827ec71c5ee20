import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signAcs4, signV1 } from '../packages/server/src/wire/alibaba/sign.ts'
import { signSdkHmac } from '../packages/server/src/wire/huawei/sign.ts'
import {
  encrypt,
  fetchRaw,
  list,
  type Started,
  start,
  stopAll,
} from '../packages/server/src/wire/testing/server.ts'
import { ACCOUNT, type Sent } from '../packages/server/src/wire/testing/world.ts'

/**
 * Starts nginx and HAProxy on loopback, each with the settings of docs/reverse-proxies.md and nothing but addresses and
 * files changed, and sends signed calls of every kind through them.
 */
const page = readFileSync(join(import.meta.dirname, '../docs/reverse-proxies.md'), 'utf8')
const settings = (name: string) => new RegExp(`^\`\`\`${name}\\n(.*?)^\`\`\`$`, 'ms').exec(page)![1]!
const program = (name: string) =>
  ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin']
    .map((dir) => join(dir, name))
    .find(existsSync)

/** Replaces text that must be there. */
function put(text: string, old: string, by: string): string {
  expect(text).toContain(old)
  return text.replaceAll(old, by)
}

const PROXIES: [
  name: string,
  configure: (text: string, folder: string, port: number, upstream: number) => string,
  args: (file: string, folder: string) => string[],
][] = [
  [
    'nginx',
    (text, folder, port, upstream) => {
      let server = put(text, '127.0.0.1:7700', `127.0.0.1:${upstream}`)
      server = put(server, 'listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      server = put(put(server, '/etc/ssl', folder), '/var/log/nginx', folder)
      const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (one) => `${one}_temp_path ${folder}/${one};`,
      )
      return `daemon off;\npid ${folder}/pid;\nerror_log ${folder}/start.log;\nevents {}\nhttp {\n${places.join('\n')}\n${server}}\n`
    },
    (file, folder) => ['-p', folder, '-c', file, '-e', join(folder, 'start.log')],
  ],
  [
    'haproxy',
    (text, folder, port, upstream) =>
      put(
        put(put(text, '127.0.0.1:7700', `127.0.0.1:${upstream}`), 'bind :443', `bind 127.0.0.1:${port}`),
        '/etc/ssl',
        folder,
      ),
    (file) => ['-db', '-f', file],
  ],
]

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const key = { accessKeyId: 'testid', accessKeySecret: 'testsecret' }
const rpc = {
  method: 'GET',
  host: 'kms.example:8443',
  action: 'Encrypt',
  version: '2016-01-20',
  ...key,
} as const
const rest = (path: string, query: Record<string, string> = {}) => {
  const { headers, ...signed } = signSdkHmac({
    method: 'GET',
    host: 'kps.example',
    path: `/v3/${ACCOUNT.projectId}${path}`,
    query,
    ...key,
  })
  return { ...signed, headers }
}
const odd = "a b+c/é*~'()!//..%2F&=;密"

const CALLS: [name: string, sent: Sent][] = [
  ['ACS3 with a form', encrypt({}, { Plaintext: odd })],
  ['ACS3 with odd text in its query', encrypt({ Plaintext: odd })],
  ['ACS3 with a request line of 200 KiB', encrypt({ Plaintext: 'x'.repeat(200 * 1024) })],
  [
    'ACS4 with a body of 3 MiB',
    signAcs4(
      { ...rpc, method: 'POST', query: {}, form: { Plaintext: 'x'.repeat(3 << 20) } },
      'cn-hangzhou',
      'Kms',
    ),
  ],
  ['V1 in the query', signV1({ ...rpc, query: { Plaintext: odd } })],
  ['V1 with a request line of 200 KiB', signV1({ ...rpc, query: { Plaintext: 'x'.repeat(200 * 1024) } })],
  ['V1 in the form', signV1({ ...rpc, method: 'POST', query: {}, form: { Plaintext: odd } })],
  ['SDK-HMAC', list()],
  ['SDK-HMAC with odd text in its query', rest('/keypairs', { marker: odd })],
  ['SDK-HMAC with escapes in its path', rest('/keypairs/a%20b%C3%A9')],
  ['SDK-HMAC with an escaped slash in its path', rest('/keypairs/a%2Fb')],
]

describe.each(PROXIES)('behind %s, as its page sets it', (name, configure, args) => {
  const found = program(name)
  const folder = mkdtempSync(join(tmpdir(), 'keyward-proxy-'))
  let child: ChildProcess | undefined
  let behind: Started
  let port = 0
  let said = ''

  beforeAll(async () => {
    if (found === undefined) return
    // A worker of nginx that was started by root is another user.
    chmodSync(folder, 0o755)
    const [cert, certKey] = [join(folder, 'keyward.pem'), join(folder, 'keyward.key')]
    const how = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost'.split(
      ' ',
    )
    execFileSync('openssl', ['req', ...how, '-keyout', certKey, '-out', cert], { stdio: 'ignore' })
    writeFileSync(
      join(folder, 'keyward-with-key.pem'),
      readFileSync(cert, 'utf8') + readFileSync(certKey, 'utf8'),
    )
    mkdirSync(join(folder, 'logs'))
    behind = await start({ trustedProxies: ['127.0.0.1'] })
    port = await freePort()
    const file = join(folder, 'conf')
    writeFileSync(file, configure(settings(name), folder, port, behind.port))
    child = spawn(found, args(file, folder), { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (said += chunk))
    const health = { method: 'GET', target: '/healthz', headers: {} }
    for (let left = 100; ; left--) {
      const answer = await fetchRaw(port, health, true).catch(() => undefined)
      if (answer?.status === 200) break
      if (left === 0 || child.exitCode !== null) throw new Error(`${name} does not serve: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })

  afterAll(async () => {
    if (child !== undefined && child.exitCode === null) {
      const gone = new Promise((resolve) => child!.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    }
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  })

  it.skipIf(found === undefined).each(CALLS)(
    `holds the signature of %s (needs ${name})`,
    async (_what, sent) => {
      const forged = {
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'http',
        'x-forwarded-tls-version': '1.0',
      }
      const before = behind.alibaba.calls.length + behind.huawei.calls.length
      for (const more of [{}, forged]) {
        const got = await fetchRaw(port, { ...sent, headers: { ...sent.headers, ...more } }, true)
        expect([got.status, got.status === 200 ? '' : got.body]).toEqual([200, ''])
      }
      const calls = [...behind.alibaba.calls, ...behind.huawei.calls]
      expect(calls).toHaveLength(before + 2)
      for (const { connection } of calls)
        expect(connection).toMatchObject({ sourceAddress: '127.0.0.1', tlsVersion: '1.3' })
    },
  )

  it.skipIf(found === undefined)(`writes no URL into a log (needs ${name})`, async () => {
    const secret = 'c2VjcmV0LXBsYWludGV4dA'
    await fetchRaw(port, encrypt({ Plaintext: secret }), true)
    await fetchRaw(port, { method: 'GET', target: `/?Plaintext=${secret}&a=%zz`, headers: {} }, true)
    // What the proxy itself refuses.
    await fetchRaw(
      port,
      { method: 'GET', target: `/?Plaintext=${secret}${'x'.repeat(400 * 1024)}`, headers: {} },
      true,
    ).catch(() => undefined)
    const logs =
      name === 'nginx'
        ? ['keyward.log', 'keyward-error.log', 'start.log'].map((log) =>
            readFileSync(join(folder, log), 'utf8'),
          )
        : []
    if (name === 'nginx') expect(logs[0]).toMatch(/ GET 400 /)
    expect(said + logs.join('')).not.toContain(secret)
  })
})
