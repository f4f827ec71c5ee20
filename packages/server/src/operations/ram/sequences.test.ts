import { decide } from '@keyward/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userCaller } from '../../identity/callers.ts'
import { type House, openHouse } from '../../identity/testing/house.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { ramOperations } from './index.ts'
import { createModel, type Model } from './testing/model.ts'

// Random sequences of calls, and of applies with and without a prune, against a plain model in memory: the same answers, and
// afterwards the same decisions for every user.

const databases = await testDatabases()

const NAMES = ['a', 'b', 'c'] as const
const ACTIONS = ['kms:ListKeys', 'kms:CreateKey', 'kms:Encrypt'] as const
const documentOf = (action: string) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })

type Step = readonly [call: string, input: Record<string, unknown>]
const name = fc.constantFrom(...NAMES)
const step = (call: string, input: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Step> =>
  fc.record(input).map((given) => [call, given] as const)
const one = { UserName: name, GroupName: name, PolicyName: name }
const custom = { PolicyType: fc.constant('Custom'), PolicyName: name }
const action = fc.constantFrom(...ACTIONS)
const version = fc.integer({ min: 1, max: 7 }).map((n) => `v${n}`)
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: step('CreateUser', { UserName: one.UserName }) },
    step('DeleteUser', { UserName: name }),
    step('UpdateUser', { UserName: name, NewUserName: name }),
    { weight: 2, arbitrary: step('CreateGroup', { GroupName: name }) },
    step('DeleteGroup', { GroupName: name }),
    { weight: 3, arbitrary: step('AddUserToGroup', { UserName: name, GroupName: name }) },
    step('RemoveUserFromGroup', { UserName: name, GroupName: name }),
    {
      weight: 3,
      arbitrary: step('CreatePolicy', { PolicyName: name, PolicyDocument: action.map(documentOf) }),
    },
    step('DeletePolicy', { PolicyName: name, CascadingDelete: fc.boolean() }),
    step('CreatePolicyVersion', {
      PolicyName: name,
      PolicyDocument: action.map(documentOf),
      SetAsDefault: fc.boolean(),
      RotateStrategy: fc.constantFrom('None', 'DeleteOldestNonDefaultVersionWhenLimitExceeded'),
    }),
    step('SetDefaultPolicyVersion', { PolicyName: name, VersionId: version }),
    step('DeletePolicyVersion', { PolicyName: name, VersionId: version }),
    { weight: 3, arbitrary: step('AttachPolicyToUser', { ...custom, UserName: name }) },
    { weight: 2, arbitrary: step('AttachPolicyToGroup', { ...custom, GroupName: name }) },
    step('DetachPolicyFromUser', { ...custom, UserName: name }),
    step('DetachPolicyFromGroup', { ...custom, GroupName: name }),
    step('apply', { users: fc.uniqueArray(name), prune: fc.boolean() }),
  ),
  { minLength: 20, maxLength: 60 },
)

/** What went wrong, or `ok`. */
async function run(house: House, [call, input]: Step): Promise<string> {
  if (call === 'apply') {
    const { users, prune } = input as { users: string[]; prune: boolean }
    const world = { accounts: [{ name: 'main', users: users.map((one) => ({ name: one })) }] }
    await house.applied(JSON.stringify(world), { Prune: prune })
    return 'ok'
  }
  const answer = await house.pipeline({
    operation: ramOperations.find((one) => one.name === `ram:${call}`)!,
    caller: house.root,
    connection: {
      requestId: 'REQUEST',
      sourceAddress: '127.0.0.1',
      tlsVersion: '1.3',
      userAgent: undefined,
      referer: undefined,
      receivedAt: Date.now(),
    },
    input,
  })
  if (answer.ok) return 'ok'
  const { code, entity, holds } = answer.problem as { code: string; entity?: string; holds?: string }
  return [code, entity, holds].filter((part) => part !== undefined).join(' ')
}

/** What every user may do, by the directory. */
async function decisions(house: House): Promise<Record<string, string[]>> {
  const rows = await house.store.read
    .selectFrom('users')
    .select(['id', 'ram_id', 'name'])
    .where('account_uid', '=', house.root.account.uid)
    .execute()
  const found: Record<string, string[]> = {}
  for (const { id, ram_id, name } of rows) {
    const caller = userCaller(house.root.account, { id, ramId: ram_id, name }, 'KEY')
    const { identity } = await house.directory.layersFor(caller, 'ram')
    const principal = { kind: 'user' as const, account: caller.account.uid, id: caller.arn }
    found[name] = ACTIONS.filter((action) => {
      const request = { principal, action, resource: '*', context: new Map<string, string>() }
      return decide('ram', request, { identity: identity! }).allowed
    })
  }
  return found
}

for (const database of databases)
  describe.skipIf(database.missing)(`on ${database.name}`, () => {
    // A new database of PostgreSQL takes its time.
    const runs = database.name === 'sqlite' ? 25 : 4

    it('calls and applies do what the model does', { timeout: 120_000 }, async () => {
      const seen = { ok: 0, refused: 0 }
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const house = await openHouse({ url: await database.fresh() })
          try {
            const model: Model = createModel()
            for (const [i, one] of sequence.entries()) {
              const answer = await run(house, one)
              seen[answer === 'ok' ? 'ok' : 'refused'] += 1
              expect([i, one, answer]).toEqual([i, one, model.run(one)])
            }
            expect(await decisions(house)).toEqual(model.decisions(ACTIONS))
            expect(house.defects).toEqual([])
          } finally {
            await house.close()
          }
        }),
        { numRuns: runs },
      )
      expect(seen.ok).toBeGreaterThan(20 * runs * 0.2)
      expect(seen.refused).toBeGreaterThan(runs)
    })
  })
