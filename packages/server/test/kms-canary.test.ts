import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Do, wrapFor } from '../src/operations/kms/testing/example-keys.ts'
import { RECIPIENT } from '../src/operations/kms/testing/key-kit.ts'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { openTarget } from './rotation-kit.ts'
import { callOver } from './service.ts'

// Entities that nobody may ever read again are sent through every call that takes or gives them, well and badly; then the
// log at its most talkative, the audit and every byte of the database are searched for them.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
const data = mkdtempSync(join(tmpdir(), 'keyward-canary-'))
let child: ChildProcess
let url: string
let log = ''
const canaries = new Map<string, Buffer>()
beforeAll(async () => {
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
afterAll(() => {
  child.kill('SIGKILL')
  rmSync(data, { recursive: true, force: true })
})

/** Text that occurs nowhere else. */
function canary(what: string): string {
  const text = `Canary${what}${Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('hex')}`
  canaries.set(what, Buffer.from(text))
  return text
}
const base64 = (text: string) => Buffer.from(text).toString('base64')
function keep(what: string, text: string): void {
  canaries.set(what, Buffer.from(text, 'base64'))
}

async function sing(): Promise<void> {
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
  const call = (action: string, input: object) =>
    callOver(url, root, `kms:${action}`, input as Record<string, unknown>)
  const act: Do = async (action, input) => {
    const { body, status } = await call(action, input)
    if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
    return body
  }
  const { KeyId } = (await act('CreateKey', {})).KeyMetadata
  const EncryptionContext = { Project: canary('Context') }
  const sealed = await act('Encrypt', { KeyId, Plaintext: canary('Plaintext'), EncryptionContext })
  await act('Decrypt', { CiphertextBlob: sealed.CiphertextBlob, EncryptionContext })
  const dataKey = await act('GenerateDataKey', { KeyId, EncryptionContext })
  keep('DataKey', dataKey.Plaintext)
  canaries.set('DataKeyText', Buffer.from(dataKey.Plaintext))
  await act('ReEncrypt', {
    CiphertextBlob: dataKey.CiphertextBlob,
    SourceEncryptionContext: EncryptionContext,
    DestinationKeyId: KeyId,
    DestinationEncryptionContext: { a: canary('Destination') },
  })
  await act('ExportDataKey', { CiphertextBlob: dataKey.CiphertextBlob, EncryptionContext, ...RECIPIENT })
  const external = (await act('CreateKey', { Origin: 'EXTERNAL' })).KeyMetadata.KeyId
  const material = Buffer.from(canary('Material').padEnd(32, '.').slice(0, 32))
  canaries.set('Material', material.subarray(0, 24))
  const sent = await wrapFor(act, external, material)
  keep('Token', sent.ImportToken)
  await act('ImportKeyMaterial', { KeyId: external, ...sent })
  await act('Encrypt', { KeyId: external, Plaintext: 'x' })
  const mac = (await act('CreateKey', { KeySpec: 'HMAC_256' })).KeyMetadata.KeyId
  const message = { KeyId: mac, Algorithm: 'HMAC_SHA_256', Message: base64(canary('Message')) }
  const { Mac } = await act('GenerateMac', message)
  keep('Mac', Mac)
  await act('VerifyMac', { ...message, Mac })
  const pair = (await act('CreateKey', { KeySpec: 'EC_P256', KeyUsage: 'ENCRYPT/DECRYPT' })).KeyMetadata.KeyId
  const { KeyVersions } = await act('ListKeyVersions', { KeyId: pair })
  const pairNamed = { KeyId: pair, KeyVersionId: KeyVersions.KeyVersion[0].KeyVersionId }
  const ecies = { ...pairNamed, Algorithm: 'ECIES_DH_SHA_1_XOR_HMAC' }
  const Plaintext = base64(canary('PairPlaintext'))
  const { CiphertextBlob } = await act('AsymmetricEncrypt', { ...ecies, Plaintext })
  await act('AsymmetricDecrypt', { ...ecies, CiphertextBlob })
  const named = (what: string) => ({ SecretName: what, VersionId: 'v1', SecretData: canary(what) })
  await act('CreateSecret', named('Generic'))
  await act('PutSecretValue', { ...named('SecondValue'), SecretName: 'Generic', VersionId: 'v2' })
  await act('CreateSecret', { ...named('Keyed'), EncryptionKeyId: KeyId })
  const DBInstanceId = await openTarget({
    root,
    call: (who, operation, input) => callOver(url, who, operation, input),
  })
  await act('CreateSecret', {
    ...named('Managed'),
    SecretType: 'Rds',
    SecretData: JSON.stringify({ Accounts: [{ AccountName: 'shop', AccountPassword: canary('Account') }] }),
    ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId },
  })
  const SecretsList = ['Generic', 'Keyed', 'Managed', 'none'].map((SecretName) => ({ SecretName }))
  await act('BatchGetSecretValue', { SecretsList })
  await act('GetSecretValue', { SecretName: 'Generic', VersionStage: 'ACSPrevious' })
  canaries.set('Password', Buffer.from((await act('GetRandomPassword', {})).RandomPassword))
  // What fails must be as silent: at validation, at the decision, at the work, at the signature.
  const refused = [
    await call('Encrypt', { KeyId, Plaintext: canary('Unheard'), Unheard: canary('Value') }),
    await call('Encrypt', { Plaintext: canary('NoKey') }),
    await call('Encrypt', { KeyId, Plaintext: canary('Long').repeat(400) }),
    await call('Encrypt', { KeyId, Plaintext: canary('BadContext'), EncryptionContext: canary('NoObject') }),
    await call('Encrypt', { KeyId: 'none', Plaintext: canary('Missing') }),
    await call('Decrypt', {
      CiphertextBlob: sealed.CiphertextBlob,
      EncryptionContext: { a: canary('Wrong') },
    }),
    await call('CreateSecret', named('Generic')),
    await call('CreateSecret', { ...named('BadName'), SecretName: 'acs/x' }),
    await call('CreateSecret', { ...named('LongValue'), SecretData: canary('LongValue').repeat(2000) }),
    await call('CreateSecret', { ...named('OfRds'), SecretType: 'Rds' }),
    await call('PutSecretValue', { ...named('Other'), SecretName: 'Generic' }),
    await call('PutSecretValue', { ...named('Nobody') }),
    await call('Encrypt', { KeyId, DryRun: true, Plaintext: canary('Dry') }),
    await callOver(url, { ...root, accessKeySecret: 'wrong' }, 'kms:Encrypt', {
      KeyId,
      Plaintext: canary('Unsigned'),
    }),
  ]
  for (const { body, status } of refused) {
    expect(status).toBeGreaterThanOrEqual(400)
    for (const [what, bytes] of canaries)
      expect([what, JSON.stringify(body).includes(String(bytes))]).toEqual([what, false])
  }
}

it('writes no plaintext, material, token, MAC or context value anywhere', async () => {
  await sing()
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
  const places: [string, Buffer][] = [['the log', Buffer.from(log)]]
  for (const name of readdirSync(data)) places.push([name, readFileSync(join(data, name))])
  // What is looked for would be found: entities that are no secret stand there.
  expect(places.some(([, bytes]) => bytes.includes('kms:Encrypt'))).toBe(true)
  expect(canaries.size).toBeGreaterThan(15)
  for (const [place, bytes] of places) {
    for (const [what, secret] of canaries) {
      for (const [form, text] of [
        ['as it is', secret],
        ['in Base64', secret.toString('base64').replace(/.{0,2}=*$/, '')],
        ['in hex', secret.toString('hex')],
        ['in a URL', encodeURIComponent(secret.toString('base64'))],
      ] as const) {
        expect([place, what, form, bytes.includes(text)]).toEqual([place, what, form, false])
      }
    }
  }
}, 30_000)
