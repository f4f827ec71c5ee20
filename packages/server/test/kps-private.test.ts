import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, NOWHERE } from '../src/operations/kps/testing/example-keypairs.ts'
import { type HuaweiAnswer, type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byPassword, disassociate, endOf } from './kps-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// A private key pair does not exist for other users, and a refusal names only what the caller wrote.

const hooks = mkdtempSync(join(tmpdir(), 'keyward-private-'))
const secretName = 'alices-own-pair'
const all = { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'] }] }
const hosts = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'keyward:*', Resource: '*' }] }
const only = (...Action: string[]) => ({ Version: '5.0', Statement: [{ Effect: 'Allow', Action }] })

let service: TestService
let alice: Credential
let bob: Credential
let clients: Record<'alice' | 'bob' | 'root' | 'nobody', KpsClient>
let failedTask: string
beforeAll(async () => {
  writeFileSync(join(hooks, 'true'), '#!/bin/sh\nexit 0\n')
  chmodSync(join(hooks, 'true'), 0o755)
  service = await startService({ flags: { 'offline-hooks': hooks } })
  alice = await service.user('alice', { iam: [all], ram: [hosts] })
  bob = await service.user('bob', { iam: [all], ram: [hosts] })
  const nobody = await service.user('nobody', { iam: [only('kps:*:get')] })
  const client = (who: Credential) => kpsClient({ url: service.url, ...who })
  clients = { alice: client(alice), bob: client(bob), root: client(service.root), nobody: client(nobody) }
  const kps = clients.alice
  await kps.createKeypair({ name: secretName, algorithm: 'SSH_ED25519' })
  await kps.createKeypair({ name: 'shared', scope: 'domain', algorithm: 'SSH_ED25519' })
  for (const [id, name] of [
    ['own', secretName],
    ['common', 'shared'],
  ] as const) {
    await put(id, { Power: 'off', OfflineHook: 'true' })
    await endOf(kps, await associate(kps, name, { id }))
    await put(id, {})
  }
  await put('free', {})
  const failing = await associate(kps, secretName, { id: 'free', auth: byPassword('x') })
  expect(await endOf(kps, failing)).toMatchObject({ status: 'FAILED_BIND' })
  failedTask = failing.task_id
})
afterAll(async () => {
  await service.close()
  rmSync(hooks, { recursive: true })
})

const put = async (HostId: string, more: object) => {
  const { status } = await service.call(service.root, 'keyward:PutHost', { HostId, ...NOWHERE, ...more })
  expect(status).toBe(200)
}
const refusal = (call: Promise<HuaweiAnswer>): Promise<Record<string, unknown>> =>
  call.then(
    (answer) => {
      throw new Error(`not refused: ${JSON.stringify(answer)}`)
    },
    (error) => ({
      status: error.httpStatusCode,
      code: error.errorCode,
      message: error.errorMsg,
      all: JSON.stringify(error),
    }),
  )
const auth = byPassword('none')

it('is not named to who may not unbind, bound or not, his own, another’s or nobody’s', async () => {
  const answers = []
  for (const id of ['own', 'common', 'free', 'unknown']) {
    const { status, code, message, all: text } = await refusal(disassociate(clients.nobody, { id, auth }))
    answers.push({ status, code, message })
    for (const name of [secretName, 'shared']) expect(text).not.toContain(name)
  }
  expect(answers[0]).toMatchObject({ status: 403, message: expect.stringContaining('SSHKeyPair:*') })
  for (const answer of answers) expect(answer).toEqual(answers[0])
})

it('is not there for others to unbind, the root among them', async () => {
  const submitted: HuaweiAnswer[] = []
  for (const kps of [clients.bob, clients.root])
    for (const id of ['own', 'free']) submitted.push(await disassociate(kps, { id, auth }))
  for (const { status, error_code, error_msg } of submitted) {
    expect([status, error_code]).toEqual(['FAILED', 'HostNotBound'])
    expect(error_msg).toBe(submitted[0]?.error_msg)
  }
  for (const [kps, id] of [
    [clients.bob, 'common'],
    [clients.alice, 'own'],
  ] as const) {
    expect((await endOf(kps, await disassociate(kps, { id, auth }))).status).toBe('FAILED_UNBIND')
  }
})

it('has no tasks that others see, count, or delete', async () => {
  const path = { pathParams: { task_id: failedTask } }
  for (const kps of [clients.bob, clients.root]) {
    const listed = await kps.send('GET', '/failed-tasks')
    expect(JSON.stringify(listed.tasks)).not.toContain(secretName)
    expect(listed.total).toBe(listed.tasks.length)
    expect(await refusal(kps.send('GET', '/tasks/{task_id}', path))).toMatchObject({ status: 404 })
    expect(await refusal(kps.send('DELETE', '/failed-tasks/{task_id}', path))).toMatchObject({ status: 404 })
    await kps.send('DELETE', '/failed-tasks')
  }
  const mine = await clients.alice.send('GET', '/failed-tasks')
  expect(mine.tasks.map((one: { task_id: string }) => one.task_id)).toContain(failedTask)
  expect((await clients.alice.send('GET', '/tasks/{task_id}', path)).task_status).toBe('FAILED_BIND')
})

it('is not named among the hosts: there is a key, and whose it is stays unsaid', async () => {
  const see = async (who: Credential) => {
    const [one, list] = [
      await service.call(who, 'keyward:GetHost', { HostId: 'own' }),
      await service.call(who, 'keyward:ListHosts', {}),
    ]
    const host = (list.body.Hosts as { HostId: string }[]).find(({ HostId }) => HostId === 'own')
    expect(host).toEqual(one.body.Host)
    return one.body.Host as Record<string, string>
  }
  expect(await see(alice)).toMatchObject({ KeypairName: secretName })
  for (const who of [bob, service.root]) {
    const { KeypairName, KeyFingerprint } = await see(who)
    expect([KeypairName, KeyFingerprint]).toEqual(['', expect.stringMatching(/^SHA256:/)])
  }
  const answer = await service.call(bob, 'keyward:PutHost', { HostId: 'own', ...NOWHERE })
  expect((answer.body.Host as { KeypairName: string }).KeypairName).toBe('')
})

it('refused, shows neither the KMS key of a pair nor the hosts that it is on', async () => {
  const key = await service.call(service.root, 'kms:CreateKey', {})
  const id = (key.body.KeyMetadata as { KeyId: string }).KeyId
  const encryption = { type: 'kms', kms_key_id: id }
  await clients.root.createKeypair({
    name: 'guarded',
    scope: 'domain',
    algorithm: 'SSH_ED25519',
    key_protection: { encryption },
  })
  await put('hidden-host', { Power: 'off', OfflineHook: 'true' })
  const act = async (name: string, input: object) =>
    (await service.call(service.root, name, input as never)).body
  const { task_id } = await associate(clients.root, 'guarded', { id: 'hidden-host' })
  await ended(act as never, task_id, 'SUCCESS_RESET')
  const steps = ['kps:*:*', 'kms:cmk:list', 'kms:cmk:createDataKey', 'kms:cmk:decryptDataKey']
  for (const deny of [[], ['kms:GenerateDataKey'], ['kms:Decrypt']]) {
    for (let allowed = 1; allowed <= steps.length; allowed += 1) {
      const name = `u${deny.join('').replace(/\W/g, '')}${allowed}`
      const ram = { Version: '1', Statement: [{ Effect: 'Deny', Action: deny, Resource: '*' }] }
      const who = await service.user(name, {
        iam: [only(...steps.slice(0, allowed))],
        ram: deny.length === 0 ? [] : [ram],
      })
      const rotation = await service.call(who, 'keyward:RotateKeypair', { Name: 'guarded' })
      expect([rotation.status, JSON.stringify(rotation.body)]).not.toEqual([
        403,
        expect.stringMatching(new RegExp(`${id}|hidden-host`)),
      ])
      expect(rotation.status).toBe(403)
      const kps = kpsClient({ url: service.url, ...who })
      const send = () =>
        kps.send('POST', '/keypairs/private-key/export', { body: { keypair: { name: 'guarded' } } })
      if (allowed === steps.length && !deny.includes('kms:Decrypt')) await send()
      else expect((await refusal(send())).all).not.toContain(id)
    }
  }
})
