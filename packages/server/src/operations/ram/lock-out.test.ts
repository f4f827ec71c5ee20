import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { ramOperations } from './index.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture()
})
afterEach(async () => {
  expect(fixture.defects).toEqual([])
  await fixture.close()
})

const allow = (Action: string, more: object = {}) => ({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action, Resource: '*', ...more }],
})
const condition = { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } }

/** An account where `boss` alone, by its group, may change policies. */
const world = {
  accounts: [
    {
      name: 'main',
      policies: [
        { name: 'all', language: 'ram', document: allow('*') },
        { name: 'some', language: 'ram', document: allow('kms:*') },
        { name: 'sometimes', language: 'ram', document: allow('*', condition) },
        {
          name: 'never',
          language: 'ram',
          document: { Version: '1', Statement: [{ Effect: 'Deny', Action: 'ram:*', Resource: '*' }] },
        },
      ],
      users: [
        { name: 'boss', accessKeys: [{ id: 'KEY-boss', secret: 'a-secret-of-boss' }] },
        {
          name: 'far',
          policies: { ram: ['sometimes'] },
          accessKeys: [{ id: 'KEY-far', secret: 'a-secret-of-far' }],
        },
        { name: 'keyless', policies: { ram: ['all'] } },
      ],
      groups: [{ name: 'bosses', members: ['boss'], policies: { ram: ['all'] } }],
    },
  ],
}

/** What a call is warned of, in its answer as in its audit entry. */
async function warned(call: string, input: Record<string, unknown>): Promise<readonly string[]> {
  const answer = await fixture.pipeline({
    operation: ramOperations.find(({ name }) => name === `ram:${call}`)!,
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
  expect(answer).toMatchObject({ ok: true })
  const { warnings } = answer as { warnings?: readonly string[] }
  expect((fixture.audited.at(-1) as { warnings?: readonly string[] }).warnings).toEqual(warnings)
  return warnings ?? []
}

const LOCKED = ['after this change nobody but the root identity may attach policies in this account']
const custom = (PolicyName: string) => ({ PolicyType: 'Custom', PolicyName })

describe('a change after which nobody but root may change policies', () => {
  it.each<[string, Record<string, unknown>]>([
    ['DetachPolicyFromGroup', { ...custom('all'), GroupName: 'bosses' }],
    ['RemoveUserFromGroup', { UserName: 'boss', GroupName: 'bosses' }],
    ['AttachPolicyToUser', { ...custom('never'), UserName: 'boss' }],
    ['AttachPolicyToGroup', { ...custom('never'), GroupName: 'bosses' }],
    [
      'CreatePolicyVersion',
      { PolicyName: 'all', PolicyDocument: JSON.stringify(allow('kms:*')), SetAsDefault: true },
    ],
    ['UpdateAccessKey', { UserName: 'boss', UserAccessKeyId: 'KEY-boss', Status: 'Inactive' }],
    ['DeleteAccessKey', { UserName: 'boss', UserAccessKeyId: 'KEY-boss' }],
  ])('is warned of: %s', async (call, input) => {
    await fixture.applied(JSON.stringify(world))
    expect(await warned(call, input)).toEqual(LOCKED)
  })

  it('is warned of when a file makes it', async () => {
    await fixture.applied(JSON.stringify(world))
    const key = { id: 'KEY-boss', secret: 'a-secret-of-boss', status: 'inactive' }
    const users = [{ name: 'boss', accessKeys: [key] }]
    const answer = await fixture.apply(JSON.stringify({ accounts: [{ name: 'main', users }] }))
    expect(answer).toMatchObject({ ok: true, warnings: LOCKED.map((one) => `account main: ${one}`) })
    // Nobody is left whom a second file could lock out.
    const more = await fixture.apply(
      JSON.stringify({ accounts: [{ name: 'main', users: [{ name: 'new' }] }] }),
    )
    expect(more).not.toHaveProperty('warnings')
  })

  it('is not warned of where another is left, or where nobody was before', async () => {
    await fixture.applied(JSON.stringify(world))
    const second = { PolicyType: 'System', PolicyName: 'AdministratorAccess', UserName: 'boss' }
    expect(await warned('AttachPolicyToUser', second)).toEqual([])
    expect(await warned('DetachPolicyFromGroup', { ...custom('all'), GroupName: 'bosses' })).toEqual([])
    expect(await warned('DetachPolicyFromUser', second)).toEqual(LOCKED)
    expect(await warned('DetachPolicyFromUser', { ...custom('sometimes'), UserName: 'far' })).toEqual([])
  })
})
