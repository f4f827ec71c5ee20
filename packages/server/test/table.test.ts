import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actionInfo, services } from '@keyward/policy'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { operations } from '../src/operations/table.ts'
import { type ExampleWorld, exampleInput } from '../src/operations/testing/example-world.ts'
import type { Touched } from '../src/store/store.ts'
import { bindings } from '../src/wire/bindings.ts'
import { type ExampleWorlds, exampleWorlds } from './example-worlds.ts'
import { disagreements } from './recorded-decisions.ts'
import { type Credential, type Grants, startService, type TestService, type WireAnswer } from './service.ts'

vi.mock('@keyward/policy', async (load) => {
  const { recording } = await import('./recorded-decisions.ts')
  return recording(await load())
})

/** What each write that was committed said that it changes. */
const touched = vi.hoisted(() => new Map<string, readonly Touched[]>())
vi.mock('../src/pipeline/commit.ts', async (load) => {
  const real = await load<typeof import('../src/pipeline/commit.ts')>()
  const commit: typeof real.commit = (parts, scopes, call, operation, ready) => {
    touched.set(operation.name, operation.touches(scopes.check, call.input, ready.decision.targets))
    return real.commit(parts, scopes, call, operation, ready)
  }
  return { ...real, commit }
})

// Walks the operation table: every operation is refused without a policy, refused with every OTHER action allowed, and
// succeeds with exactly the checks of the transcription, which was written by hand from the documents, apart from the
// records. No operation is left out.

interface Transcribed {
  readonly checks: readonly {
    readonly language: 'ram' | 'iam'
    readonly action: string
    readonly resource: string
  }[]
  readonly facts: Readonly<Record<string, string>>
}
interface Transcription {
  readonly none: readonly string[]
  readonly refused: Readonly<Record<string, string>>
  /** Answered by item: a denial leaves the others. */
  readonly byItem: readonly string[]
  readonly operations: Readonly<Record<string, Transcribed>>
}
const read = (name: string): Transcription =>
  JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url), 'utf8'))
const kms = read('kms-operations')
const iam = read('iam-operations')
const ram = read('ram-operations')
const secrets = read('secret-operations')
const organizations = read('organization-operations')
const shared = read('operations')
const transcription: Transcription = {
  none: [...shared.none, ...iam.none],
  byItem: secrets.byItem,
  refused: { ...kms.refused, ...ram.refused },
  operations: {
    ...shared.operations,
    ...kms.operations,
    ...secrets.operations,
    ...iam.operations,
    ...ram.operations,
    ...organizations.operations,
  },
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

const versions = { ram: '1', iam: '5.0' }
const policy = (language: 'ram' | 'iam', ...statements: object[]) => ({
  Version: versions[language],
  Statement: statements,
})
const list = (language: 'ram' | 'iam', value: string) => (language === 'ram' ? value : [value])

const filling =
  (world: ExampleWorld) =>
  (text: string): string =>
    text
      .replace('{uid}', world.accountUid)
      .replace('{domainId}', service.root.domainId)
      .replace('{keyId}', world.keyId)
      .replace('{keypairName}', world.keypairName)
      .replace('{targetId}', world.targetId)
      .replace(/\{(\w+)\}/g, (_, name: string) =>
        String(
          {
            ...world.kms,
            ...world.kps,
            ...world.secrets,
            ...world.identity,
            newEntity: world.identity.newName,
            ...world.organization,
          }[name] ?? '',
        ),
      )

function transcribed(name: string, world: ExampleWorld): Transcribed {
  const found = transcription.operations[name]
  if (!found) throw new Error(`${name} is not transcribed`)
  const fill = filling(world)
  return { ...found, checks: found.checks.map((check) => ({ ...check, resource: fill(check.resource) })) }
}

let users = 0

/** An account has at most a thousand users: those of earlier operations go now and then, with all that files declared. */
async function dropEarlierUsers(): Promise<void> {
  if (users < 200) return
  users = 0
  worlds.forget()
  await service.apply({ accounts: [{ uid: service.root.accountUid }] }, { Prune: true })
}

/**
 * Writes that begin anew, outside the transaction, where their target moved after they were decided on. All others are decided
 * again within it: many writers of one target do not keep each other waiting.
 */
const notQuick = [
  // They make or open key material, or a value that is sealed by a key: slow, or not to be done twice.
  'keyward:PutTarget',
  'keyward:RotateKeypair',
  'kms:CreateKey',
  'kms:CreateKeyVersion',
  'kms:CreateSecret',
  'kms:ImportKeyMaterial',
  'kms:RotateSecret',
  'kps:BatchImportKeypair',
  'kps:CreateKeypair',
  'kps:ImportPrivateKey',
  // They begin tasks on hosts, or clear what has ended: each task and each host is one caller's.
  'kps:AssociateKeypair',
  'kps:BatchAssociateKeypair',
  'kps:DeleteAllFailedTask',
  'kps:DeleteFailedTask',
  'kps:DisassociateKeypair',
  // An operator's: no program calls them in numbers.
  'keyward:AdvanceClock',
  'keyward:ApplyWorld',
  'keyward:DeleteHost',
  'keyward:DeleteTarget',
  'keyward:PutHost',
  'keyward:ReopenAccount',
  'keyward:RotateRootKey',
  'keyward:SettleHost',
  'keyward:TrustClock',
]

it('every write is decided again within its transaction, but for those that say why not', () => {
  const found = operations.filter((one) => one.effect === 'write' && !one.quick).map(({ name }) => name)
  expect(found.sort()).toEqual(notQuick.toSorted())
})

type Granting = (world: ExampleWorld) => Grants

/**
 * A user for each of some attempts at an operation. What is refused changes nothing: they share a world with the one that is
 * allowed, the last.
 */
async function prepareAttempts<A extends string>(name: string, grants: Readonly<Record<A, Granting>>) {
  await dropEarlierUsers()
  const world = await worlds.of(name)
  const attempts = Object.keys(grants) as A[]
  const named = attempts.map((attempt, i) => [`user-${worlds.count()}-${i}`, grants[attempt](world)] as const)
  const credentials = await service.users(Object.fromEntries(named))
  users += named.length
  const operation = operations.find((one) => one.name === name)
  return async (attempt: A): Promise<WireAnswer> => {
    const place = attempts.indexOf(attempt)
    const who = credentials[place] as Credential
    const input = operation ? exampleInput(operation, world) : {}
    const thorough = attempt === 'exactly' || attempt.startsWith('denied')
    const said = await simulated(name, named[place]![0], world, input, thorough)
    const answer = await service.call(who, name, input)
    expect({ name, ...said }).toEqual({ name, ...decidedIn(name, answer, thorough) })
    return answer
  }
}

/** Of a call, and of its actions on their resources, by themselves. */
type Simulated = { readonly call: boolean; readonly checks?: boolean }

/** What the service says beforehand: of the call with its parameters, and of each action, resource and facts by itself. */
async function simulated(
  name: string,
  user: string,
  world: ExampleWorld,
  input: Record<string, unknown>,
  thorough: boolean,
): Promise<Simulated> {
  const { accountUid, domainId } = service.root
  const rest = bindings.find(({ operation }) => operation.name === name)?.wire === 'huawei'
  const Principal = rest ? `iam::${domainId}:user:${user}` : `acs:ram::${accountUid}:user/${user}`
  const ask = async (more: Record<string, unknown>) => {
    const asked = { Principal, ...more }
    const { status, body } = await service.call(service.root, 'keyward:SimulatePrincipalPolicy', asked)
    if (status !== 200) throw new Error(`${name}: ${JSON.stringify(body)}`)
    return body.Allowed as boolean
  }
  const call = await ask({ Call: name, Parameters: JSON.stringify(input) })
  if (!thorough) return { call }
  const { checks, facts } = transcribed(name, world)
  // What the service knows of the key or secret itself is not given.
  const known = /^kms:(KeySpec|KeyUsage|KeyOrigin|TlsVersion|SecretType|tag)/
  const Facts = Object.entries(facts)
    .filter(([key]) => !known.test(key) || name.includes('Create'))
    .map(([Key, value]) => ({ Key, Values: [filling(world)(value)] }))
  let allowed = true
  for (const { action, language, resource } of checks)
    allowed &&= await ask({ AuthAction: action, AuthResource: resource, Language: language, Facts })
  return { call, checks: allowed }
}

/** What the call itself came to. A call that is answered by item is denied where one of them is. */
function decidedIn(name: string, { body, status }: WireAnswer, thorough: boolean): Simulated {
  const errors = transcription.byItem.includes(name) ? (body.Errors as { HttpStatus: number }[]) : undefined
  const allowed = status !== 403 && !errors?.some(({ HttpStatus }) => HttpStatus === 403)
  return { call: status !== 403, ...(thorough && { checks: allowed }) }
}

/** How an allowed call ends: well, or as its record says that it always does. */
const ending = (name: string) =>
  transcription.refused[name] === undefined
    ? { status: expect.toSatisfy((status: number) => status >= 200 && status < 300) }
    : {
        status: expect.toSatisfy((status: number) => status >= 400 && status !== 403),
        body: { Code: transcription.refused[name] },
      }

type CheckRow = Transcribed['checks'][number]
const allow = ({ action, language, resource }: CheckRow) => ({
  Effect: 'Allow',
  Action: list(language, action),
  Resource: list(language, resource),
})

function grantsOf({ checks }: Transcribed, statements: (check: CheckRow) => readonly object[]): Grants {
  const grants: { ram: object[]; iam: object[] } = { ram: [], iam: [] }
  for (const check of checks) grants[check.language].push(policy(check.language, ...statements(check)))
  return grants
}

describe('the operation table', () => {
  it('is the transcription, no operation more and none less', () => {
    const expected = [...Object.keys(transcription.operations), ...transcription.none].sort()
    expect(operations.map(({ name }) => name).sort()).toEqual(expected)
  })

  it('names actions of its own that policies can name, each on its kind of resource', () => {
    const filled = (text: string) => text.replace(/\{\w+\}/g, 'x')
    const types = services('ram').flatMap(({ resourceTypes }) => resourceTypes)
    for (const { checks } of Object.values(transcription.operations)) {
      for (const { action, resource } of checks.filter((check) => check.action.startsWith('keyward:'))) {
        const [only] = actionInfo('ram', action)?.resources ?? []
        const template = types.find(({ name }) => name === only?.type)?.template ?? 'unknown'
        const named = filled(resource).replace(/(host|target|principal)\/.*/, '$1/x')
        expect([action, filled(template)]).toEqual([action, named])
      }
    }
  })

  it('refuses every caller in a closed list alone', () => {
    const refusing = operations.filter(({ refuses }) => refuses !== undefined).map(({ name }) => name)
    expect(refusing.sort()).toEqual(Object.keys(transcription.refused).sort())
  })

  it('asks for no authorization in the closed list alone', () => {
    const open = operations.filter(({ authorization }) => authorization === 'none').map(({ name }) => name)
    expect(open.sort()).toEqual([
      'iam:GetAuthorizationSchema',
      'iam:ListAuthDomains',
      'iam:ListProjects',
      'iam:ListRegisteredServicesForAuthSchema',
      'kms:DescribeRegions',
      'sts:CallerIdentity',
      'sts:GetCallerIdentity',
    ])
  })

  describe.each(operations.map(({ name }) => name).filter((name) => !transcription.none.includes(name)))(
    '%s',
    (name) => {
      const own = transcription.operations[name]
      const checks = own?.checks ?? []
      const facts = Object.entries(own?.facts ?? {})
      const others = (language: 'ram' | 'iam') => {
        const named = checks.filter((check) => check.language === language).map(({ action }) => action)
        return policy(
          language,
          named.length > 0
            ? { Effect: 'Allow', NotAction: named, Resource: list(language, '*') }
            : { Effect: 'Allow', Action: list(language, '*'), Resource: list(language, '*') },
        )
      }
      const allBut =
        (i: number): Granting =>
        (world) => {
          const all = transcribed(name, world)
          return grantsOf(all, (check) => [
            { Effect: 'Allow', Action: list(check.language, '*'), Resource: list(check.language, '*') },
            ...(check === all.checks[i] ? [{ ...allow(check), Effect: 'Deny' }] : []),
          ])
        }
      const when =
        (operator: string, key: string, value: string): Granting =>
        (world) =>
          grantsOf(transcribed(name, world), (check) => [
            {
              ...allow(check),
              Condition: { [operator]: { [key]: list(check.language, filling(world)(value)) } },
            },
          ])

      const denied = checks.map((_, i) => [`denied ${i}`, allBut(i)] as const)
      // Of a call that is answered by item, a denial leaves the others.
      const isByItem = transcription.byItem.includes(name)
      let attempt: (which: string) => Promise<WireAnswer>
      beforeAll(async () => {
        attempt = await prepareAttempts<string>(name, {
          nothing: () => ({}),
          others: () => ({ ram: [others('ram')], iam: [others('iam')] }),
          ...(!isByItem && Object.fromEntries(denied)),
          exactly: (world) => grantsOf(transcribed(name, world), (check) => [allow(check)]),
        })
      })

      it('is refused without a policy', async () => {
        expect((await attempt('nothing')).status).toBe(403)
      })

      it('is refused with every other action allowed', async () => {
        expect((await attempt('others')).status).toBe(403)
      })

      it('is refused when any one of its checks is denied', async () => {
        for (const [i, { action }] of checks.entries()) {
          if (!isByItem) {
            expect([action, (await attempt(`denied ${i}`)).status]).toEqual([action, 403])
            continue
          }
          const answer = await (await prepareAttempts(name, { denied: allBut(i) }))('denied')
          const [error, ...more] = answer.body.Errors as { HttpStatus: number }[]
          expect([action, answer.status, error?.HttpStatus, more]).toEqual([action, 200, 403, []])
        }
      })

      it('succeeds with exactly its checks allowed', async () => {
        expect(await attempt('exactly')).toMatchObject(ending(name))
      })

      it.each(facts)('carries %s with the value %s', async (key, value) => {
        const other = when('StringNotEquals', key, value)
        const same = when('StringEquals', key, value)
        const attempt = await prepareAttempts(name, { other, same })
        expect((await attempt('other')).status).toBe(403)
        expect(await attempt('same')).toMatchObject(ending(name))
      })
    },
  )
})

// Last: they look at what all the others did.
describe('a write of keys, secrets or key pairs', () => {
  it('drops what is held of those that it names, and never a policy or a credential', () => {
    const writes = operations.filter(({ effect, name }) => effect === 'write' && /^(kms|kps):/.test(name))
    for (const { name } of writes) {
      const dropped = touched.get(name)?.map(({ kind, items }) => [name, kind, items !== undefined])
      // Key pairs are read from the database by each call: nothing of them is held.
      const own = name.startsWith('kps:') ? [] : [[name, /Secret/.test(name) ? 'secrets' : 'keys', true]]
      expect([name, dropped]).toEqual([name, own])
    }
    expect(writes.length).toBeGreaterThan(30)
  })
})

describe('the offline tool', () => {
  it('decides every decision of this file as the service did', () => {
    const { decisions, odd, apart } = disagreements()
    expect({ odd, apart }).toEqual({ odd: 0, apart: [] })
    expect(decisions).toBeGreaterThan(500)
  }, 60_000)
})
