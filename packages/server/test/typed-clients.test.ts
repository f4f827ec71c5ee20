import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleInput } from '../src/operations/testing/example-world.ts'
import { config } from './clients/alibabaClients.ts'
import { iamCaller } from './clients/huaweiIamClient.ts'
import { lost } from './clients/lost.ts'
import { makeActors } from './conformance/actors.ts'
import { subjects } from './conformance/plan.ts'
import { type ExampleWorlds, exampleWorlds } from './example-worlds.ts'
import { startService, type TestService } from './service.ts'

// The example of every call by the official typed clients: what the service sent must be there in the typed answer, member
// by member, where the client's own model has it. (The client of KMS has a test of its own.)

const require = createRequire(import.meta.url)
const teaUtil = require('@alicloud/tea-util')
const { cast } = require('@darabonba/typescript')
const PACKAGES: Readonly<Record<string, string>> = {
  Ram: '@alicloud/ram20150501',
  Sts: '@alicloud/sts20150401',
  Ims: '@alicloud/ims20190815',
  ResourceManager: '@alicloud/resourcemanager20200331',
}

const hooks = mkdtempSync(join(tmpdir(), 'keyward-hooks-'))
let service: TestService
let worlds: ExampleWorlds
beforeAll(async () => {
  writeFileSync(join(hooks, 'true'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  service = await startService({ switches: ['test-clock'], flags: { 'offline-hooks': hooks } })
  worlds = exampleWorlds(service)
})
afterAll(async () => {
  await service.close()
  rmSync(hooks, { recursive: true })
})

const chosen = subjects().filter(
  ({ product, binding }) => product in PACKAGES && binding.operation.refuses === undefined,
)

describe('the typed clients of Alibaba', () => {
  it('have calls for all of these products', () => {
    expect(chosen.length).toBeGreaterThan(105)
  })

  it.each(chosen.map(({ name }) => name))('find every member of the answer to %s', async (name) => {
    const { product, binding } = chosen.find((one) => one.name === name)!
    if (binding.wire !== 'alibaba') throw new Error('not a call of this wire')
    const world = await worlds.of(binding.operation.name)
    // A root identity opens no sessions.
    const login = product === 'Sts' ? (await makeActors(service)).allowed : service.root
    const module = require(PACKAGES[product]!)
    const client = new module.default(config({ url: service.url, ...login }))
    let wire: Record<string, unknown> = {}
    const callApi = client.callApi.bind(client)
    client.callApi = async (...given: unknown[]) => {
      const answer = await callApi(...given)
      wire = answer.body
      return answer
    }
    const { action } = binding
    const Request = module[`${action}Request`]
    const runtime = new teaUtil.RuntimeOptions({ ignoreSSL: true, autoretry: false })
    const request = Request && [cast(exampleInput(binding.operation, world), new Request({}))]
    const call = client[`${action[0]!.toLowerCase()}${action.slice(1)}WithOptions`]
    const { body } = await call.call(client, ...(request ?? []), runtime)
    expect(wire.RequestId).toMatch(/^[0-9A-F-]{36}$/)
    expect(lost(body, wire)).toEqual([])
  })
})

const iam = subjects().filter(({ product }) => product === 'Iam')

describe('the typed client of Huawei IAM', () => {
  it.each(iam.map(({ name }) => name))('finds every member of the answer to %s', async (name) => {
    const { binding, call, path: theirPath = '' } = iam.find((one) => one.name === name)!
    const world = await worlds.of(binding.operation.name)
    const caller = iamCaller({ url: service.url, ...service.root })
    const example = exampleInput(binding.operation, world)
    const path = binding.wire === 'huawei' ? binding.path : ''
    const apart = [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one!)
    const theirs = [...theirPath.matchAll(/\{(\w+)\}/g)].map(([, one]) => one!)
    const request: Record<string, unknown> = {}
    apart.forEach((one, i) => {
      request[theirs[i]!] = example[one]
      delete example[one]
    })
    const { items, ...rest } = example
    if (binding.wire === 'huawei' && binding.method === 'GET') Object.assign(request, rest)
    else if (Object.keys(example).length > 0) request.body = items ?? rest
    const answer = (await caller(name.replace('Iam ', '') as never, request)) as unknown as Record<
      string,
      unknown
    >
    const members = Object.keys(call.answer).filter((one) => one !== 'page_info')
    for (const member of members) expect([member, answer[member] !== undefined]).toEqual([member, true])
  })
})
