import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Credential, startService, type TestService } from './service.ts'

let kit: TestService
let reader: Credential
let other: Credential
let stranger: Credential
let begun: string

type Entry = Record<'Operation' | 'Caller' | 'Outcome' | 'Time' | 'Chain', string> & {
  readonly Batch: number
  readonly Entry: number
  readonly Checks: readonly { readonly Action: string; readonly Resource: string; readonly By: string }[]
}

const allow = (...actions: string[]) => ({
  ram: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }],
})

beforeAll(async () => {
  kit = await startService()
  begun = new Date(Date.now() - 1000).toISOString()
  reader = await kit.user('reader', allow('keyward:SearchAudit', 'keyward:CountAudit'))
  other = await kit.user('other', allow('kms:ListKeys'))
  await kit.apply({
    accounts: [
      {
        uid: '1000000000000077',
        name: 'stranger-account',
        users: [
          {
            name: 'stranger',
            policies: { ram: ['AdministratorAccess'] },
            accessKeys: [{ id: 'LTAIstranger', secret: 's'.repeat(30) }],
          },
        ],
      },
    ],
  })
  stranger = { accessKeyId: 'LTAIstranger', accessKeySecret: 's'.repeat(30), projectId: '' }
  for (let i = 0; i < 7; i += 1) await kit.call(other, 'kms:ListKeys', {})
  for (let i = 0; i < 3; i += 1) await kit.call(other, 'kms:CreateKey', { Description: 'hidden words' })
  expect((await kit.call(stranger, 'kms:ListAliases', {})).status).toBe(200)
})
afterAll(() => kit?.close())

async function search(input: Record<string, unknown>, who = reader): Promise<readonly Entry[]> {
  const { status, body } = await kit.call(who, 'keyward:SearchAudit', { From: begun, ...input })
  expect(status, JSON.stringify(body)).toBe(200)
  return body.Entries as Entry[]
}

it('finds calls by who, what, on what, and how they ended, the newest first', async () => {
  const listed = await search({
    Caller: `acs:ram::${kit.root.accountUid}:user/other`,
    Operation: 'kms:ListKeys',
  })
  expect(listed).toHaveLength(7)
  const times = listed.map(({ Time }) => Time)
  expect(times).toEqual([...times].sort().reverse())
  expect(await search({ Caller: other.accessKeyId })).toHaveLength(10)
  const denied = await search({ Outcome: 'AccessDenied' })
  expect(denied).toHaveLength(3)
  expect(denied[0]).toMatchObject({
    Operation: 'kms:CreateKey',
    Checks: [{ Action: 'kms:CreateKey', Decision: 'Deny' }],
  })
  const { Resource } = denied[0]!.Checks[0]!
  expect(await search({ AuthAction: 'kms:CreateKey', AuthResource: Resource })).toHaveLength(3)
  expect(await search({ AuthAction: 'kms:CreateKey', AuthResource: `${Resource}x` })).toEqual([])
  expect(await search({ To: '2001-01-01T00:00:00Z', From: '2000-01-01T00:00:00Z' })).toEqual([])
  expect(JSON.stringify(denied)).not.toContain('hidden words')
})

it('goes on page by page, with nothing twice and nothing left out', async () => {
  const all = await search({ Caller: other.accessKeyId })
  const paged: Entry[] = []
  let Marker: string | undefined
  do {
    const page = await kit.call(reader, 'keyward:SearchAudit', {
      From: begun,
      Caller: other.accessKeyId,
      MaxItems: 3,
      ...(Marker === undefined ? {} : { Marker }),
    })
    paged.push(...(page.body.Entries as Entry[]))
    Marker = page.body.NextMarker as string | undefined
  } while (Marker !== undefined)
  expect(paged).toEqual(all)
})

it('shows nobody the calls of another account, by no filter and no marker', async () => {
  for (const filter of [{}, { Caller: 'LTAIstranger' }, { Operation: 'kms:ListAliases' }])
    expect((await search(filter)).filter(({ Caller }) => Caller.includes('1000000000000077'))).toEqual([])
  const page = await kit.call(reader, 'keyward:SearchAudit', { From: begun, MaxItems: 1 })
  const theirs = await search({ Marker: page.body.NextMarker }, stranger)
  expect(theirs.every(({ Caller }) => Caller.includes('1000000000000077'))).toBe(true)
})

it('is decided and audited like every call', async () => {
  expect((await kit.call(other, 'keyward:SearchAudit', {})).status).toBe(403)
  expect((await kit.call(other, 'keyward:CountAudit', {})).status).toBe(403)
  const own = await search({ Operation: 'keyward:SearchAudit', Outcome: 'AccessDenied' })
  expect(own).toHaveLength(1)
})

it('refuses what is no time and no marker', async () => {
  for (const input of [
    { From: 'yesterday' },
    { Marker: 'x' },
    { From: '2030-01-01T00:00:00Z', To: '2029-01-01T00:00:00Z' },
  ])
    expect((await kit.call(reader, 'keyward:SearchAudit', input)).status).toBe(400)
})

it('counts calls over time, by what is asked', async () => {
  const answer = await kit.call(reader, 'keyward:CountAudit', {
    From: begun,
    By: 'Outcome',
    Caller: other.accessKeyId,
  })
  const counts = answer.body.Counts as { Time: string; Group: string; Count: number }[]
  const of = (group: string) =>
    counts.filter(({ Group }) => Group === group).reduce((sum, { Count }) => sum + Count, 0)
  expect(of('Success')).toBe(7)
  // Those of this file's own test of refusals are among them.
  expect(of('AccessDenied')).toBe(5)
  for (const { Time } of counts) expect(Time).toMatch(/:00:00\.000Z$/)
})
