import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { iamOperations } from './index.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture()
  await fixture.applied(JSON.stringify(world))
})
afterEach(async () => {
  expect(fixture.defects).toEqual([])
  await fixture.close()
})

/** `boss` alone may attach policies of IAM; `ram-boss` may attach those of RAM, which does not help. */
const world = {
  accounts: [
    {
      name: 'main',
      users: [
        {
          name: 'boss',
          policies: { iam: ['AdministratorAccess'] },
          accessKeys: [{ id: 'KEY-boss', secret: 'a-secret-of-boss' }],
        },
        {
          name: 'ram-boss',
          policies: { ram: ['AdministratorAccess'] },
          accessKeys: [{ id: 'KEY-ram-boss', secret: 'a-secret-of-ram-boss' }],
        },
      ],
    },
  ],
}

async function call(name: string, input: Record<string, unknown>) {
  const answer = await fixture.pipeline({
    operation: iamOperations.find((one) => one.name === `iam:${name}`)!,
    caller: fixture.root,
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
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  const { warnings = [] } = fixture.audited.at(-1) as { warnings?: readonly string[] }
  return { output: answer.output as Record<string, Record<string, string>[]>, warnings }
}

const LOCKED = ['after this change nobody but the root identity may attach policies of IAM in this account']

describe('a change after which nobody but root may attach policies of IAM', () => {
  const idOf = async (list: string, member: string, kind: string, name: string) => {
    const { output } = await call(list, {})
    return output[member]!.find((one) => one[`${kind}_name`] === name)![`${kind}_id`]!
  }
  it('is warned of: a detached policy, a key that is switched off, a disabled user', async () => {
    const user_id = await idOf('ListUsers', 'users', 'user', 'boss')
    const policy_id = await idOf('ListPolicies', 'policies', 'policy', 'AdministratorAccess')
    expect((await call('DetachUserPolicy', { user_id, policy_id })).warnings).toEqual(LOCKED)
    expect((await call('AttachUserPolicy', { user_id, policy_id })).warnings).toEqual([])
    const key = { user_id, access_key_id: 'KEY-boss' }
    expect((await call('UpdateAccessKey', { ...key, status: 'inactive' })).warnings).toEqual(LOCKED)
    expect((await call('UpdateAccessKey', { ...key, status: 'active' })).warnings).toEqual([])
    expect((await call('UpdateUser', { user_id, enabled: false })).warnings).toEqual(LOCKED)
  })
})
