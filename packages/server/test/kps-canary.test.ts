import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { noSshd, startHost, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { sshKeygen } from '../src/keypairs/testing/ssh-keygen.ts'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import {
  associate,
  byKey,
  byPassword,
  disassociate,
  endOf,
  exportKey,
  hostKeyLine,
  importKey,
} from './kps-kit.ts'
import { callOver } from './service.ts'

// Private keys and passwords go through every call that takes or gives them, well and badly; then the log at its most
// talkative, the audit and every byte of the database are searched for them.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
const data = mkdtempSync(join(tmpdir(), 'keyward-canary-'))
const keygen = sshKeygen()
let child: ChildProcess
let host: TestHost | undefined
let url: string
let log = ''
const canaries = new Map<string, string>()

beforeAll(async () => {
  if (!noSshd) host = await startHost()
  const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'trace']
  child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        log += chunk
        const line = /http:\/\/127\.0\.0\.1:\d+/.exec(log)
        if (line) resolve(line[0])
      })
    }
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)))
  })
})
afterAll(async () => {
  child.kill('SIGKILL')
  await host?.stop()
  keygen?.close()
  rmSync(data, { recursive: true, force: true })
})

/** Lines from the middle of a private key, which are of it alone: the first ones of some formats hold the public key. */
function keep(what: string, text: string): string {
  const lines = text.trim().split('\n').slice(1, -1)
  for (const [i, line] of lines.slice(Math.floor(lines.length / 2)).entries()) {
    if (line.length > 20) canaries.set(`${what} ${i}`, line)
  }
  return text
}
function password(what: string): string {
  const text = `Canary-${what}-${Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('hex')}`
  canaries.set(what, text)
  return text
}

async function sing(): Promise<void> {
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
  const kps = kpsClient({ url, ...root })
  const operator = (name: string, input: object) =>
    callOver(url, root, name, input as Record<string, unknown>)
  const { KeyId } = (await operator('kms:CreateKey', {})).body.KeyMetadata as { KeyId: string }
  for (const [name, encryption] of [
    ['plain', undefined],
    ['kept', { type: 'default' }],
    ['guarded', { type: 'kms', kms_key_id: KeyId }],
  ] as const) {
    const protection = encryption ? { key_protection: { encryption } } : {}
    for (const algorithm of ['SSH_RSA_2048', 'ECDSA_SHA2_NISTP256']) {
      const pair = `${name}-${algorithm}`
      const { keypair } = await kps.createKeypair({ name: pair, algorithm, ...protection })
      keep(pair, keypair.private_key)
      if (encryption) expect(await exportKey(kps, pair)).toBe(keypair.private_key)
      else await importKey(kps, pair, keypair.private_key, { type: 'kms', kms_key_id: KeyId })
    }
    await kps.updateKeypairDescription(`${name}-SSH_RSA_2048`, 'x')
  }
  await operator('kps:BatchExportPrivateKey', { items: [{ keypair: { name: 'kept-SSH_RSA_2048' } }] })
  await kps.send('DELETE', '/keypairs/{keypair_name}/private-key', {
    pathParams: { keypair_name: 'plain-SSH_RSA_2048' },
  })
  await misuse(kps)
  if (host) await bindAndFail(kps, host, operator)
}

/** What fails must be as silent: at validation, at the decision, at the work. */
async function misuse(kps: KpsClient): Promise<void> {
  const foreign = keep('foreign', keygen?.generate('SSH_RSA_2048', { format: 'PEM' }).privateKey ?? '')
  const locked = keep('locked', keygen?.generate('SSH_RSA_2048', { passphrase: 'x' }).privateKey ?? '')
  const private_key = foreign
  const encryption = { type: 'default' }
  const calls = [
    () => importKey(kps, 'kept-SSH_RSA_2048', foreign),
    () => importKey(kps, 'kept-SSH_RSA_2048', locked),
    () => importKey(kps, 'missing', foreign),
    () => importKey(kps, 'kept-SSH_RSA_2048', foreign, { type: 'kms', kms_key_id: 'none' }),
    () => importKey(kps, 'kept-SSH_RSA_2048', foreign, { type: password('encryption') }),
    () => kps.createKeypair({ name: 'pasted', public_key: foreign }),
    () => kps.createKeypair({ name: 'x', key_protection: { private_key, encryption } }),
    () => kps.createKeypair({ name: 'x', key_protection: { private_key, unheard: private_key, encryption } }),
    () =>
      kps.send('POST', '/keypairs/batch-import', { body: [{ keypair: { name: 'y', public_key: foreign } }] }),
    () => kps.send('POST', '/keypairs', { body: { keypair: { name: 'z' }, private_key } }),
    () => associate(kps, 'missing', { id: 'none', auth: byKey(foreign) }),
    () => associate(kps, 'kept-SSH_RSA_2048', { id: 'none', auth: byKey(locked) }),
    () => associate(kps, 'kept-SSH_RSA_2048', { id: 'none', auth: byPassword(password('unknown-host')) }),
    () => associate(kps, 'kept-SSH_RSA_2048', { id: 'none', auth: { type: password('type') } }),
  ]
  for (const [i, call] of calls.entries()) {
    const told = await call().then(
      (answer) => JSON.stringify(answer),
      (error) => JSON.stringify({ ...error, message: error.message }),
    )
    for (const [what, text] of canaries) {
      expect([i, what, told.includes(text)]).toEqual([i, what, false])
    }
  }
}

async function bindAndFail(
  kps: KpsClient,
  { address, setup, password: right }: TestHost,
  operator: (name: string, input: object) => Promise<unknown>,
): Promise<void> {
  canaries.set('password', right)
  const register = (HostId: string, Port: number) =>
    operator('keyward:PutHost', {
      HostId,
      Address: address.host,
      Port,
      User: address.user,
      HostKey: hostKeyLine(address.hostKey),
      SshdConfig: setup.config,
      SshdReload: setup.reload,
    })
  await register('ecs', address.port)
  await register('down', 1)
  const pair = 'guarded-SSH_RSA_2048'
  const server = (id: string, auth: object) => ({ id, auth })
  const end = async (submitted: ReturnType<typeof associate>) => (await endOf(kps, await submitted)).status
  expect(await end(associate(kps, pair, server('down', byPassword(password('down')))))).toBe('FAILED_BIND')
  expect(await end(associate(kps, pair, server('ecs', byPassword(password('wrong')))))).toBe('FAILED_BIND')
  expect(await end(associate(kps, pair, server('ecs', byPassword(right))))).toBe('SUCCESS_BIND')
  expect(((await operator('keyward:RotateKeypair', { Name: pair })) as { status: number }).status).toBe(200)
  while ((await kps.send('GET', '/running-tasks')).total > 0) await new Promise((go) => setTimeout(go, 50))
  const rotated = keep('rotated', await exportKey(kps, pair))
  expect(await end(disassociate(kps, server('ecs', byKey(rotated))))).toBe('SUCCESS_UNBIND')
  expect((await kps.send('GET', '/failed-tasks')).total).toBe(2)
}

it.skipIf(!keygen)(
  'writes no private key and no password anywhere',
  async () => {
    await sing()
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
    const places: [string, Buffer][] = [['the log', Buffer.from(log)]]
    for (const name of readdirSync(data)) places.push([name, readFileSync(join(data, name))])
    // What is looked for would be found: entities that are no secret stand there.
    expect(places.some(([, bytes]) => bytes.includes('kps:ImportPrivateKey'))).toBe(true)
    expect(canaries.size).toBeGreaterThan(40)
    for (const [place, bytes] of places) {
      for (const [what, secret] of canaries) {
        for (const [form, text] of [
          ['as it is', secret],
          ['decoded', Buffer.from(secret, 'base64')],
          [
            'in Base64',
            Buffer.from(secret)
              .toString('base64')
              .replace(/.{0,2}=*$/, ''),
          ],
          ['in hex', Buffer.from(secret).toString('hex')],
        ] as const) {
          expect([place, what, form, bytes.includes(text)]).toEqual([place, what, form, false])
        }
      }
    }
  },
  40_000,
)
