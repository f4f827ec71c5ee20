import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { makeAccount, statement, type TestAccount } from './identity-kit.ts'
import { anyTask, apis, type KpsWorld, makeWorld, seed, statusOf } from './kps-calls.ts'
import { startService, type TestService } from './service.ts'

// Service control policies over every call of the key pair service: at the root of the tree, at each folder, at the
// account itself.

const hooks = mkdtempSync(join(tmpdir(), 'keyward-hooks-'))
const LEVELS = ['root', 'upper', 'lower', 'account'] as const
type Level = (typeof LEVELS)[number]

let service: TestService
let prod: TestAccount
let world: KpsWorld
let admin: KpsClient
beforeAll(async () => {
  writeFileSync(join(hooks, 'true'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  service = await startService({ flags: { 'offline-hooks': hooks } })
  prod = await makeAccount(service, 'prod')
  world = await makeWorld(service, prod.root)
  admin = kpsClient({ url: service.url, ...prod.admin })
})
afterAll(async () => {
  await service.close()
  rmSync(hooks, { recursive: true })
})

const actions = seed.actions.map(({ action }) => action)
const deny = (Action: readonly string[]) => statement.iam({ Effect: 'Deny', Action, Resource: ['*'] })
const allow = (Action: readonly string[]) => statement.iam({ Effect: 'Allow', Action, Resource: ['*'] })

/** Attaches one more policy at a level, or that one alone. `prod` stands two folders below the root. */
function organize(level: Level, document: object, alone = false): Promise<unknown> {
  const full = { ram: ['FullAliyunAccess'], iam: ['FullAccess'] }
  const bound = { ram: ['FullAliyunAccess'], iam: alone ? ['Bound'] : ['FullAccess', 'Bound'] }
  const at = (here: Level) => (here === level ? bound : full)
  const account = { account: 'prod', policies: at('account') }
  const lower = { name: 'lower', policies: at('lower'), accounts: [account] }
  const upper = { name: 'upper', policies: at('upper'), folders: [lower] }
  return service.apply({
    accounts: [],
    organization: {
      managementAccount: 'main',
      policies: [{ name: 'Bound', language: 'iam', document }],
      root: { policies: at('root'), folders: [upper] },
    },
  })
}

const status = (api: string, kps = admin) =>
  statusOf(kps, api, world, api.includes('{task_id}') ? anyTask : world.boundPair)

describe.each(LEVELS)('a service control policy at the level: %s', (level) => {
  it('denies every call of the service, to the root of the account as well', async () => {
    await organize(level, deny(actions))
    const root = kpsClient({ url: service.url, ...prod.root })
    for (const { api } of apis) {
      expect([api, await status(api), await status(api, root)]).toEqual([api, 403, 403])
    }
  })

  it('that allows one action leaves that one alone', async () => {
    await organize(level, allow(['kps:SSHKeyPair:get']), true)
    for (const { api, action } of apis) {
      const wanted = action === 'kps:SSHKeyPair:get' ? 200 : 403
      expect([api, await status(api)]).toEqual([api, wanted])
    }
  })

  it('binds what a call depends on', async () => {
    await organize(level, deny(['ecs:cloudServers:showServer']))
    expect(await status('POST /keypairs/associate')).toBe(403)
    expect(await status('GET /keypairs')).toBe(200)
  })
})

describe.each(actions)('%s', (action) => {
  it('denied by the organization, refuses its own calls and no other', async () => {
    await organize('upper', deny([action]))
    for (const { api } of apis.filter((row) => row.action === action)) {
      expect([api, await status(api)]).toEqual([api, 403])
    }
    const other = action === 'kps:SSHKeyPair:list' ? 'GET /running-tasks' : 'GET /keypairs'
    expect(await status(other)).toBe(200)
  })
})

it('by its aliases in a policy of the organization denies nothing: those are names of 1.1 policies', async () => {
  await organize('account', deny(['kps:domainKeypairs:list']))
  expect(await status('GET /keypairs')).toBe(200)
})
