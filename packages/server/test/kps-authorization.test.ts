import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import {
  type ApiRow,
  anyTask,
  apis,
  calls,
  entityFor,
  fresh,
  type KpsWorld,
  makeWorld,
  seed,
  statusOf,
} from './kps-calls.ts'
import { associate } from './kps-kit.ts'
import { type Grants, startService } from './service.ts'

// Every row of the document's tables, over the wire, by the official SDK core: allowed by its action and no other, by
// each alias in a 1.1 policy, and by what its dependencies ask for.

const hooks = mkdtempSync(join(tmpdir(), 'keyward-hooks-'))
const services = new Map<string, KpsWorld>()

async function open(strict: boolean): Promise<KpsWorld> {
  const service = await startService({
    flags: { 'offline-hooks': hooks },
    switches: strict ? ['strict-dependencies'] : [],
  })
  return makeWorld(service, service.root)
}

beforeAll(async () => {
  writeFileSync(join(hooks, 'true'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  services.set('exercised', await open(false))
  services.set('strict', await open(true))
})
afterAll(async () => {
  for (const { service } of services.values()) await service.close()
  rmSync(hooks, { recursive: true })
})
const world = (mode: 'exercised' | 'strict' = 'exercised') => services.get(mode) as KpsWorld

const statement = (Effect: 'Allow' | 'Deny', Action: readonly string[], more: object = {}) => ({
  Effect,
  Action,
  ...more,
})
const policy = (...Statement: object[]) => ({ Version: '5.0', Statement })
const legacy = (...Statement: object[]) => ({ Version: '1.1', Statement })

async function userWith(of: KpsWorld, grants: Grants): Promise<KpsClient> {
  return kpsClient({ url: of.service.url, ...(await of.service.user(fresh('user'), grants)) })
}

/** Whether a user with these policies may do it, on entities of its own. */
async function may(api: string, grants: Grants, of = world(), prefix?: string): Promise<boolean> {
  const kps = await userWith(of, grants)
  const status = await statusOf(kps, api, of, await entityFor(api, of, prefix))
  expect([200, 202, 204, 403]).toContain(status)
  return status !== 403
}

/** What an API exercises in the calls above: of its dependencies, to see the server. */
const exercised = (row: ApiRow) => row.dependencies.filter((one) => one === 'ecs:cloudServers:showServer')
const dependable = (row: ApiRow) => {
  const actions = exercised(row)
  return actions.length > 0 ? [policy(statement('Allow', actions))] : []
}

describe('the tables', () => {
  it('have 14 actions and 16 rows, and every row is called here', () => {
    expect([seed.actions.length, seed.apis.length, seed.beyond.length]).toEqual([14, 16, 2])
    expect(Object.keys(calls).sort()).toEqual(apis.map(({ api }) => api).sort())
  })
})

describe.each(seed.actions.map((row) => [row.action, row] as const))('%s', (action, row) => {
  const own = apis.filter((one) => one.action === action)
  const others = apis.filter((one) => one.action !== action)

  it.each(own.map((one) => [one.api, one] as const))('allows %s', async (api, one) => {
    expect(await may(api, { iam: [policy(statement('Allow', [action])), ...dependable(one)] })).toBe(true)
  })

  it('allows nothing else', async () => {
    const of = world()
    const kps = await userWith(of, { iam: [policy(statement('Allow', [action, 'ecs:*:*', 'kms:*:*']))] })
    for (const { api } of others) {
      expect([api, await statusOf(kps, api, of, api.includes('{task_id}') ? anyTask : of.boundPair)]).toEqual(
        [api, 403],
      )
    }
  })

  it.each(own.map(({ api }) => api))('denied, refuses %s to who may do everything else', async (api) => {
    const all = policy(statement('Allow', ['*']), statement('Deny', [action]))
    expect(await may(api, { iam: [all] })).toBe(false)
  })

  it.each(row.aliases)(
    'is allowed, with all its APIs, by the alias %s of a 1.1 policy and by no 5.0 policy',
    async (alias) => {
      for (const one of own) {
        const more = dependable(one)
        expect(await may(one.api, { iam: [legacy(statement('Allow', [alias])), ...more] })).toBe(true)
        expect(await may(one.api, { iam: [policy(statement('Allow', [alias])), ...more] })).toBe(false)
      }
    },
  )

  const urn = `kps:*:*:SSHKeyPair:`
  if (row.resource === null) {
    it('has no resource: `*` allows it, and nothing that names one', async () => {
      for (const { api } of own) {
        const on = (Resource: readonly string[]) => ({
          iam: [policy(statement('Allow', [action], { Resource }))],
        })
        expect(await may(api, on(['*']))).toBe(true)
        expect(await may(api, on([`${urn}*`]))).toBe(false)
        expect(await may(api, on(['kps:*:*:*:*']))).toBe(false)
      }
    })
  } else {
    it('is allowed for the pairs that a pattern matches', async () => {
      for (const one of own) {
        const on = (pattern: string) => ({
          iam: [policy(statement('Allow', [action], { Resource: [pattern] })), ...dependable(one)],
        })
        expect([one.api, await may(one.api, on(`${urn}*`))]).toEqual([one.api, true])
        const lists = one.api === 'GET /keypairs'
        expect([one.api, await may(one.api, on(`${urn}web-*`))]).toEqual([one.api, !lists])
        expect([one.api, await may(one.api, on(`${urn}db-*`))]).toEqual([one.api, false])
        const foreign = `kps:*:${'0'.repeat(32)}:SSHKeyPair:*`
        expect([one.api, await may(one.api, on(foreign))]).toEqual([one.api, false])
      }
    })
  }
})

describe('dependencies', () => {
  const withDependencies = apis.filter((one) => one.dependencies.length > 0)
  const all = (row: ApiRow) => statement('Allow', [row.action, ...row.dependencies])

  it.each(withDependencies.map((row) => [row.api, row] as const))(
    '%s, strictly, needs every one of them',
    async (api, row) => {
      const of = world('strict')
      expect(await may(api, { iam: [policy(all(row))] }, of)).toBe(true)
      for (const missing of row.dependencies) {
        const denied = policy(all(row), statement('Deny', [missing]))
        expect([missing, await may(api, { iam: [denied] }, of)]).toEqual([missing, false])
      }
    },
  )

  it.each(
    withDependencies
      .filter((row) => row.dependencies.includes('ecs:cloudServers:showServer'))
      .map((row) => [row.api, row] as const),
  )('%s of a host that runs needs to see it, and nothing more', async (api, row) => {
    const others = row.dependencies.filter((one) => one !== 'ecs:cloudServers:showServer')
    const without = policy(all(row), statement('Deny', others))
    expect(await may(api, { iam: [without] })).toBe(true)
    const blind = policy(all(row), statement('Deny', ['ecs:cloudServers:showServer']))
    expect(await may(api, { iam: [blind] })).toBe(false)
  })

  it('a bind of a host that is shut off needs all fifteen', async () => {
    const of = world()
    const row = apis.find((one) => one.api === 'POST /keypairs/associate') as ApiRow
    expect(row.dependencies).toHaveLength(15)
    const reset = async (...statements: object[]) => {
      const kps = await userWith(of, { iam: [policy(all(row), ...statements)] })
      return associate(kps, of.boundPair, { id: 'no-such-host' }).then(
        (answer) => answer.httpStatusCode,
        (error) => error.httpStatusCode,
      )
    }
    expect(await reset()).toBe(202)
    for (const one of row.dependencies)
      expect([one, await reset(statement('Deny', [one]))]).toEqual([one, 403])
  })

  it.each(
    withDependencies
      .filter((row) => row.dependencies[0]?.startsWith('kms:'))
      .map((row) => [row.api, row] as const),
  )('%s without a kms key needs none', async (api, row) => {
    const none = policy(statement('Allow', [row.action]), statement('Deny', row.dependencies))
    expect(await may(api, { iam: [none] })).toBe(true)
  })
})

describe('condition keys', () => {
  const create = (condition: object) => ({
    iam: [policy(statement('Allow', ['kps:SSHKeyPair:create'], { Condition: condition }))],
  })

  it('kps:Algorithm is that of the pair to be', async () => {
    for (const api of ['POST /keypairs', 'POST /keypairs/batch-import']) {
      const when = (value: string) => create({ StringEquals: { 'kps:Algorithm': [value] } })
      expect(await may(api, when('SSH_ED25519'))).toBe(true)
      expect(await may(api, when('SSH_RSA_2048'))).toBe(false)
    }
  })

  it('kps:KmsKeyId is absent where no kms key is named', async () => {
    expect(await may('POST /keypairs', create({ Null: { 'kps:KmsKeyId': ['true'] } }))).toBe(true)
    expect(await may('POST /keypairs', create({ Null: { 'kps:KmsKeyId': ['false'] } }))).toBe(false)
  })

  it('no other action of the service carries them', async () => {
    for (const { action } of seed.actions.filter((row) => row.resource !== null)) {
      if (action === 'kps:SSHKeyPair:create') continue
      const api = apis.find((one) => one.action === action) as ApiRow
      const Condition = { Null: { 'kps:Algorithm': ['false'] } }
      const grants = { iam: [policy(statement('Allow', [action], { Condition })), ...dependable(api)] }
      expect([action, await may(api.api, grants)]).toEqual([action, false])
    }
  })
})
