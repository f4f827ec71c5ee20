import { readFileSync } from 'node:fs'
import { parsePolicy } from '@keyward/policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Do } from '../src/operations/kms/testing/example-keys.ts'
import type { SecretExamples } from '../src/operations/secrets/testing/example-secrets.ts'
import { exampleSecrets } from '../src/operations/secrets/testing/example-secrets.ts'
import { operations } from '../src/operations/table.ts'
import { type ExampleWorld, exampleInput } from '../src/operations/testing/example-world.ts'
import { openTarget } from './rotation-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// As kms-conditions.test.ts, for secrets: one test per condition key, operation and policy type of the seed, over the wire,
// refused while the condition is not met and through once it is. What is expected comes from a transcription kept apart.

interface Row {
  readonly key: string
  readonly operations: readonly string[]
  readonly policies: readonly ('ram' | 'key' | 'secret')[]
  readonly operator: string
  readonly met: string
  readonly metBy?: Readonly<Record<string, string>>
  readonly unmet: string
}
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url), 'utf8'))
const seed = read('kms-secret-condition-keys')
const resources: Record<string, { checks: { resource: string }[] }> = read('secret-operations').operations

const expand = (names: readonly string[]): string[] =>
  names.flatMap((name) => (Array.isArray(seed[name]) ? expand(seed[name]) : [name]))

interface Cell {
  readonly row: Row
  readonly key: string
  readonly operation: string
  readonly policy: 'ram' | 'key' | 'secret'
  readonly met: string
}
const all: readonly Cell[] = (seed.rows as Row[]).flatMap((row) =>
  expand(row.operations).flatMap((operation) =>
    row.policies.map((policy) => ({
      row,
      key: row.key,
      operation,
      policy,
      met: row.metBy?.[operation] ?? row.met,
    })),
  ),
)
const impossible = ({ operation, policy }: Cell) =>
  (seed.cannotOccur as { operations: string[]; policy: string }[]).some(
    (one) => one.policy === policy && (one.operations.includes('*') || one.operations.includes(operation)),
  )

/** What using the key of a secret needs besides: no condition of a secret bears on it. */
const KEY_USE = { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' }

let service: TestService
/** A user whom secret policies alone speak for. */
let guest: Credential
let count = 0
beforeAll(async () => {
  service = await startService()
  guest = await service.user('guest', { ram: [{ Version: '1', Statement: [KEY_USE] }] })
})
afterAll(() => service.close())

const act: Do = async (action, input) => {
  const { body, status } = await service.call(service.root, `kms:${action}`, input as Record<string, unknown>)
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
  return body
}
const tagged = { Tags: JSON.stringify([{ TagKey: 'Project', TagValue: 'ProjectA' }]) }

/** Calls on tags name a key in their examples: here a secret. */
const TAG_CALLS: Readonly<Record<string, (name: string) => Record<string, unknown>>> = {
  TagResource: (name) => ({ SecretName: name, Tags: [{ TagKey: 'a' }] }),
  UntagResource: (name) => ({ SecretName: name, TagKeys: ['a'] }),
  TagResources: (name) => ({ ...several(name), Tag: [{ Key: 'a' }] }),
  UntagResources: (name) => ({ ...several(name), TagKey: ['a'] }),
  ListTagResources: (name) => several(name),
}
const several = (name: string) => ({
  RegionId: 'cn-hangzhou',
  ResourceType: 'secret',
  ResourceId: [name],
})

type SecretWorld = Pick<ExampleWorld, 'accountUid' | 'secrets'>
const worlds = new Map<string, Promise<SecretWorld>>()
/** Calls that only read share a world. */
function worldOf(operation: string): Promise<SecretWorld> {
  const known = worlds.get(operation)
  if (known) return known
  const world = makeWorld(operation)
  if (recordOf(operation).effect === 'read') worlds.set(operation, world)
  return world
}

async function makeWorld(operation: string): Promise<SecretWorld> {
  const as = operation in TAG_CALLS ? 'DescribeSecret' : operation
  return {
    accountUid: service.root.accountUid,
    secrets: await exampleSecrets(as, act, () => openTarget(service), tagged),
  }
}

const recordOf = (operation: string) => operations.find(({ name }) => name === `kms:${operation}`)!
const actionOf = (operation: string) => `kms:${seed.actions[operation] ?? operation}`

function call(who: Credential, { operation }: Cell, world: SecretWorld) {
  const input = TAG_CALLS[operation]?.(world.secrets.secretName) ?? exampleInput(recordOf(operation), world)
  return service.call(who, `kms:${operation}`, input)
}

/** Secrets that a call names. */
function secretsOf(operation: string, { secrets }: SecretWorld): string[] {
  if (operation in TAG_CALLS) return [secrets.secretName]
  return resources[`kms:${operation}`]!.checks.flatMap(({ resource }) => {
    const name = /:secret\/\{(\w+)\}$/.exec(resource)?.[1]
    return name === undefined ? [] : [secrets[name as keyof SecretExamples]]
  })
}

const condition = ({ key, row }: Cell, value: string, { secrets }: SecretWorld) => ({
  [row.operator]: { [key]: value.replace('{secretKeyId}', secrets.secretKeyId) },
})

async function userFor(cell: Cell, value: string, world: SecretWorld): Promise<Credential> {
  count += 1
  const statement = {
    Effect: 'Allow',
    Action: actionOf(cell.operation),
    Resource: '*',
    Condition: condition(cell, value, world),
  }
  return service.user(`user-${count}`, { ram: [{ Version: '1', Statement: [statement, KEY_USE] }] })
}

async function setPolicies(cell: Cell, world: SecretWorld, value: string) {
  const statement = {
    Effect: 'Allow',
    Principal: { RAM: [`acs:ram::${world.accountUid}:user/guest`] },
    Action: [actionOf(cell.operation)],
    Resource: ['*'],
    Condition: condition(cell, value, world),
  }
  const Policy = JSON.stringify({ Version: '1', Statement: [statement] })
  for (const SecretName of secretsOf(cell.operation, world))
    await act('SetSecretPolicy', { SecretName, Policy })
}

const refused = { status: 403, body: { Code: 'Forbidden.NoPermission' } }

describe('condition keys of the seed on secrets, over the wire', () => {
  const possible = all.filter((cell) => !impossible(cell))
  it.each(possible.filter(({ policy }) => policy === 'ram'))(
    '$key on $operation in a RAM policy: $row.operator $met',
    async (cell) => {
      const world = await worldOf(cell.operation)
      const unmet = await userFor(cell, cell.row.unmet, world)
      expect(await call(unmet, cell, world)).toMatchObject(refused)
      expect(await call(await userFor(cell, cell.met, world), cell, world)).toMatchObject({ status: 200 })
    },
  )

  it.each(possible.filter(({ policy }) => policy === 'secret'))(
    '$key on $operation in a secret policy: $row.operator $met',
    async (cell) => {
      const world = await worldOf(cell.operation)
      await setPolicies(cell, world, cell.row.unmet)
      expect(await call(guest, cell, world)).toMatchObject(refused)
      await setPolicies(cell, world, cell.met)
      expect(await call(guest, cell, world)).toMatchObject({ status: 200 })
    },
  )

  it.each(all.filter(impossible))(
    '$key on $operation in a $policy policy cannot occur, and is accepted',
    (cell) => {
      const statement = {
        Effect: 'Allow',
        Principal: { RAM: ['acs:ram::1234567890123456:root'] },
        Action: [actionOf(cell.operation)],
        Resource: ['*'],
        Condition: { [cell.row.operator]: { [cell.key]: cell.met } },
      }
      const text = JSON.stringify({ Version: '1', Statement: [statement] })
      const { findings } = parsePolicy(text, { language: 'ram', type: cell.policy as 'key' | 'secret' })
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    },
  )

  it('let a Deny on stages close what names a version alone', async () => {
    const world = await makeWorld('GetSecretValue')
    const { keyedName: SecretName } = world.secrets
    const statement = (Effect: string, operator: string) => ({
      Effect,
      Action: 'kms:GetSecretValue',
      Resource: '*',
      Condition: { [operator]: { 'kms:SecretVersionStage': 'ACSCurrent' } },
    })
    const allow = { Effect: 'Allow', Action: 'kms:GetSecretValue', Resource: '*' }
    const users = [
      await service.user('allowed-stage', {
        ram: [{ Version: '1', Statement: [statement('Allow', 'StringEquals'), KEY_USE] }],
      }),
      await service.user('denied-others', {
        ram: [{ Version: '1', Statement: [allow, statement('Deny', 'StringNotEquals'), KEY_USE] }],
      }),
    ]
    for (const who of users) {
      const get = (more: object) => service.call(who, 'kms:GetSecretValue', { SecretName, ...more })
      expect(await get({})).toMatchObject({ status: 200 })
      expect(await get({ VersionStage: 'ACSCurrent', VersionId: 'v1' })).toMatchObject({ status: 200 })
      expect(await get({ VersionId: 'v0' })).toMatchObject(refused)
      expect(await get({ VersionStage: 'ACSPrevious' })).toMatchObject(refused)
    }
  })

  it('have a cell for every operation on secrets', () => {
    const names = Object.keys(resources).map((name) => name.slice('kms:'.length))
    expect([...new Set(all.map(({ operation }) => operation))].sort()).toEqual(
      [...names, ...Object.keys(TAG_CALLS)].sort(),
    )
  })
})
