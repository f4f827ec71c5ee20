import { readFileSync } from 'node:fs'
import { exampleKeypairs, NOWHERE } from '../src/operations/kps/testing/example-keypairs.ts'
import { type HuaweiAnswer, type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byPassword, endOf, importKey } from './kps-kit.ts'
import type { Credential, TestService } from './service.ts'

export interface ActionRow {
  readonly action: string
  readonly resource: string | null
  readonly aliases: readonly string[]
}
export interface ApiRow {
  readonly api: string
  readonly action: string
  readonly dependencies: readonly string[]
}
export interface Seed {
  readonly actions: readonly ActionRow[]
  readonly apis: readonly ApiRow[]
  readonly beyond: readonly ApiRow[]
}

/** The document's tables, as they were transcribed by hand. */
export const seed: Seed = JSON.parse(
  readFileSync(new URL('../cases/kps-authorization.json', import.meta.url), 'utf8'),
)
export const apis = [...seed.apis, ...seed.beyond]

/** A service with the entities that the calls name. */
export interface KpsWorld {
  readonly service: TestService
  readonly as: Credential
  /** The client of `as`. */
  readonly root: KpsClient
  readonly host: string
  readonly boundHost: string
  readonly boundPair: string
  readonly privateKey: string
  readonly publicKey: string
}

/** Makes those entities as someone who may do everything in its account. */
export async function makeWorld(service: TestService, as: Credential): Promise<KpsWorld> {
  const root = kpsClient({ url: service.url, ...as })
  const act = async (operation: string, input: object) => {
    const { status, body } = await service.call(as, operation, input as Record<string, unknown>)
    if (status >= 300) throw new Error(`${operation}: ${JSON.stringify(body)}`)
    return body
  }
  const boundPair = 'web-bound'
  const { keypair } = await root.createKeypair({ name: boundPair, scope: 'domain', algorithm: 'SSH_ED25519' })
  const { serverId } = await exampleKeypairs('kps:AssociateKeypair', boundPair, 'true', act)
  const { boundServerId } = await exampleKeypairs('kps:DisassociateKeypair', boundPair, 'true', act)
  return {
    service,
    as,
    root,
    host: serverId,
    boundHost: boundServerId,
    boundPair,
    privateKey: keypair.private_key,
    publicKey: keypair.public_key,
  }
}

let count = 0
export const fresh = (what: string) => {
  count += 1
  return `${what}-${count}`
}

/** A pair of its own for each call, that all see, with its private key in custody. */
export async function target(of: KpsWorld, prefix = 'web'): Promise<string> {
  const name = fresh(prefix)
  await of.root.createKeypair({
    name,
    scope: 'domain',
    public_key: of.publicKey,
    key_protection: { private_key: of.privateKey, encryption: { type: 'default' } },
  })
  return name
}

/** A record of a failure of its own: only a call that deletes one uses it up. */
export async function failedTask(of: KpsWorld): Promise<string> {
  const id = fresh('down')
  await of.service.call(of.as, 'keyward:PutHost', { HostId: id, ...NOWHERE })
  const submitted = await associate(of.root, of.boundPair, { id, auth: byPassword('none') })
  await endOf(of.root, submitted)
  return submitted.task_id
}

export type Send = (kps: KpsClient, name: string, of: KpsWorld) => Promise<HuaweiAnswer>
const named = (name: string) => ({ pathParams: { keypair_name: name } })
const bind = (name: string, of: KpsWorld) => ({
  keypair_name: name,
  server: { id: of.host, auth: byPassword('none') },
})
export const anyTask = '00000000-0000-4000-8000-000000000000'

/** How each API is called; what it names is called `name`, or begins so. */
export const calls: Readonly<Record<string, Send>> = {
  'POST /keypairs': (kps, name, of) =>
    kps.createKeypair({ name: `${name}-new`, public_key: of.publicKey, scope: 'domain' }),
  'DELETE /keypairs/{keypair_name}': (kps, name) => kps.deleteKeypair(name),
  'GET /keypairs/{keypair_name}': (kps, name) => kps.listKeypairDetail(name),
  'GET /keypairs': (kps) => kps.listKeypairs(),
  'PUT /keypairs/{keypair_name}': (kps, name) => kps.updateKeypairDescription(name, 'x'),
  'POST /keypairs/associate': (kps, name, of) =>
    kps.send('POST', '/keypairs/associate', { body: bind(name, of) }),
  'DELETE /failed-tasks': (kps) => kps.send('DELETE', '/failed-tasks'),
  'DELETE /failed-tasks/{task_id}': (kps, name) =>
    kps.send('DELETE', '/failed-tasks/{task_id}', { pathParams: { task_id: name } }),
  'POST /keypairs/disassociate': (kps, _name, of) =>
    kps.send('POST', '/keypairs/disassociate', {
      body: { server: { id: of.boundHost, auth: byPassword('none') } },
    }),
  'GET /failed-tasks': (kps) => kps.send('GET', '/failed-tasks'),
  'GET /tasks/{task_id}': (kps, name) =>
    kps.send('GET', '/tasks/{task_id}', { pathParams: { task_id: name } }),
  'GET /running-tasks': (kps) => kps.send('GET', '/running-tasks'),
  'POST /keypairs/private-key/import': (kps, name, of) => importKey(kps, name, of.privateKey),
  'POST /keypairs/private-key/export': (kps, name) =>
    kps.send('POST', '/keypairs/private-key/export', { body: { keypair: { name } } }),
  'POST /keypairs/batch-associate': (kps, name, of) =>
    kps.send('POST', '/keypairs/batch-associate', { body: { batch_keypairs: [bind(name, of)] } }),
  'DELETE /keypairs/{keypair_name}/private-key': (kps, name) =>
    kps.send('DELETE', '/keypairs/{keypair_name}/private-key', named(name)),
  'POST /keypairs/batch-import': (kps, name, of) =>
    kps.send('POST', '/keypairs/batch-import', {
      body: [{ keypair: { name: `${name}-new`, public_key: of.publicKey, scope: 'domain' } }],
    }),
  'POST /keypairs/private-key/batch-export': (kps, name) =>
    kps.send('POST', '/keypairs/private-key/batch-export', { body: [{ keypair: { name } }] }),
}

export async function statusOf(kps: KpsClient, api: string, of: KpsWorld, name: string): Promise<number> {
  try {
    return (await (calls[api] as Send)(kps, name, of)).httpStatusCode
  } catch (error) {
    return (error as { httpStatusCode?: number }).httpStatusCode ?? 0
  }
}

/** What a call names, made for it. */
export function entityFor(api: string, of: KpsWorld, prefix?: string): Promise<string> {
  return api.includes('{task_id}') ? failedTask(of) : target(of, prefix)
}
