import { decide } from '@keyward/policy'
import fc from 'fast-check'
import { userCaller } from '../../../identity/callers.ts'
import type { Fixture } from '../../../identity/testing/fixture.ts'
import { applyOperation } from '../../keyward/apply.ts'
import { ramOperations } from '../index.ts'

// Random steps on a directory of one account, and what they come to: calls of RAM, and applies with and without a prune.

const NAMES = ['a', 'b', 'c'] as const
export const ACTIONS = ['kms:ListKeys', 'kms:CreateKey', 'kms:Encrypt'] as const
const documentOf = (action: string) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })

export type Step = readonly [call: string, input: Record<string, unknown>]
const name = fc.constantFrom(...NAMES)
const step = (call: string, input: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Step> =>
  fc.record(input).map((given) => [call, given] as const)
const one = { UserName: name, GroupName: name, PolicyName: name }
const custom = { PolicyType: fc.constant('Custom'), PolicyName: name }
const action = fc.constantFrom(...ACTIONS)
const version = fc.integer({ min: 1, max: 7 }).map((n) => `v${n}`)
export const steps = fc.array(
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
export async function run(fixture: Fixture, [call, input]: Step, requestId = 'REQUEST'): Promise<string> {
  if (call === 'apply') {
    const { users, prune } = input as { users: string[]; prune: boolean }
    const world = { accounts: [{ name: 'main', users: users.map((one) => ({ name: one })) }] }
    return await run(fixture, ['ApplyWorld', { World: JSON.stringify(world), Prune: prune }], requestId)
  }
  const answer = await fixture.pipeline({
    operation: [applyOperation, ...ramOperations].find(({ name }) => name.endsWith(`:${call}`))!,
    caller: fixture.root,
    connection: {
      requestId,
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
export async function decisions(fixture: Fixture): Promise<Record<string, string[]>> {
  const rows = await fixture.store.read
    .selectFrom('users')
    .select(['id', 'ram_id', 'name'])
    .where('account_uid', '=', fixture.root.account.uid)
    .execute()
  const found: Record<string, string[]> = {}
  for (const { id, ram_id, name } of rows) {
    const caller = userCaller(fixture.root.account, { id, ramId: ram_id, name }, 'KEY')
    const { identity } = await fixture.directory.layersFor(caller, 'ram')
    const principal = { kind: 'user' as const, account: caller.account.uid, id: caller.arn }
    found[name] = ACTIONS.filter((action) => {
      const request = { principal, action, resource: '*', context: new Map<string, string>() }
      return decide('ram', request, { identity: identity! }).allowed
    })
  }
  return found
}
