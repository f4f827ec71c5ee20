import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startService, type TestService } from '../../server/test/service.ts'
import { keyward, type Surroundings } from './testing/io.ts'

// What an operator sees of a running service: the commands that are clients of Keyward's own calls.

let service: TestService
beforeAll(async () => {
  service = await startService()
  for (let i = 0; i < 3; i += 1) await run('call kms ListKeys')
  await run('call kms DescribeKey KeyId=00000000-0000-0000-0000-000000000000')
})
afterAll(() => service?.close())

function run(line: string, around: Surroundings = {}) {
  return keyward([...line.split(' '), '--data', service.data], around)
}
const atTerminal: Surroundings = { person: { answers: [] }, environment: { NO_COLOR: '1' } }

test('counts as JSON for programs, apart by what is asked', async () => {
  const { exitCode, out } = await run('audit count --by operation --every 1d --output json')
  expect(exitCode).toBe(0)
  const { Counts } = JSON.parse(out)
  expect(Counts).toContainEqual({
    Time: expect.stringMatching(/T00:00:00\.000Z$/),
    Group: 'kms:ListKeys',
    Count: 3,
  })
  const byAction = JSON.parse((await run('audit count --by action --every 1d --operation kms:ListKeys')).out)
  expect(byAction.Counts).toMatchObject([{ Group: 'kms:ListKeys', Count: 3 }])
  const byWho = JSON.parse((await run('audit count --by principal --every 1d')).out)
  expect(byWho.Counts[0].Group).toMatch(/^acs:ram::\d+:root$/)
})

test('draws a bar a time for a person, and a line a group', async () => {
  const plain = await run('audit count --every 1d --operation kms:ListKeys', atTerminal)
  expect(plain.out).toMatch(/^\d{4}-\d\d-\d\dT00:00Z +3 {2}█+\n3 calls$/)
  const { out } = await run('audit count --by outcome --every 1d', atTerminal)
  expect(out).toMatch(/^ +\d+ {2}█ {2}Success$/m)
  expect(out).toMatch(/, the earliest on the left$/)
  const none = await run('audit count --outcome NoSuchCode', atTerminal)
  expect(none.out).toContain('nothing was found')
})

test('says what is wrong on its line', async () => {
  for (const [line, words] of [
    ['audit count --by colour', 'it is action, operation, outcome, principal'],
    ['audit count --every 5s', 'is not a time from 1m to 365d'],
    ['audit count --every 900d', 'is not a time from 1m to 365d'],
  ] as const) {
    const { exitCode, err } = await run(line)
    expect(exitCode).toBe(2)
    expect(err).toContain(words)
  }
})

test('simulate says whether a principal may, and why, as a tree and as JSON', async () => {
  const { accountUid } = service.root
  const list = `acs:kms:cn-hangzhou:${accountUid}:key`
  const lists = { Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }
  const from = { IpAddress: { 'acs:SourceIp': '192.0.2.0/24' } }
  await service.user('ann', { ram: [{ Version: '1', Statement: [{ ...lists, Condition: from }] }] })
  const ann = `acs:ram::${accountUid}:user/ann`
  const denied = await run(`simulate ${ann} kms:ListKeys ${list}`, atTerminal)
  expect(denied.exitCode).toBe(5)
  expect(denied.out).toContain('denied: no identity policy allows it')
  expect(denied.out).toContain('would have allowed but for one element')
  expect(denied.out).toContain('ann-ram-0, statement #0')
  const allowed = await run(`simulate ${ann} kms:ListKeys ${list} --fact acs:SourceIp=192.0.2.9`)
  expect(allowed.exitCode).toBe(0)
  expect(JSON.parse(allowed.out)).toMatchObject({
    Allowed: true,
    Checks: [{ Layer: 'identity', Policy: 'ann-ram-0', Explanation: { decision: { allowed: true } } }],
  })
  const call = await run(`simulate ${ann} --call kms:ListKeys --parameters {} --output text`, atTerminal)
  expect(call.exitCode).toBe(5)
  expect((await run(`simulate ${ann}`)).err).toContain('say what is asked')
  const nobody = await run(`simulate acs:ram::${accountUid}:user/none kms:ListKeys *`)
  expect(nobody.exitCode).toBe(1)
})

test('status shows how the service is, to those whom the operator allows', async () => {
  const { exitCode, out } = await run('status', atTerminal)
  expect(exitCode).toBe(0)
  expect(out).toMatch(/^service +Keyward \d/m)
  expect(out).toMatch(/^clock +trusted$/m)
  expect(out).toMatch(/^database +sqlite, schema \d{4}-/m)
  expect(out).toMatch(/main\/\d+ [0-9a-f]{64}/)
  expect(out).toMatch(/keys to destroy: none/)
  const view = JSON.parse((await run('status --output json')).out)
  expect(view).toMatchObject({ Keyring: { Generation: 1 }, Audit: { Chain: 'main', Writable: true } })
  // A service gives its jobs their rows in the first moments after it is ready.
  await vi.waitFor(
    async () => {
      const { Jobs } = JSON.parse((await run('status --output json')).out)
      expect(Jobs.map(({ Name }: { Name: string }) => Name)).toContain('keypair-host-look')
    },
    { timeout: 10_000, interval: 200 },
  )
})

test('principal policies lists every layer', async () => {
  const { accountUid } = service.root
  await service.apply({
    accounts: [
      {
        uid: accountUid,
        users: [{ name: 'ann' }],
        groups: [{ name: 'team', members: ['ann'], policies: { ram: ['AliyunKMSReadOnlyAccess'] } }],
      },
    ],
  })
  const ann = `acs:ram::${accountUid}:user/ann`
  const { exitCode, out } = await run(`principal policies ${ann}`, atTerminal)
  expect(exitCode).toBe(0)
  expect(out).toContain('ann-ram-0  user')
  expect(out).toContain('AliyunKMSReadOnlyAccess (built in)  group team')
})

test('last-use lists what is used and what is not', async () => {
  const answer = await run('last-use access-key --output json')
  expect(answer.exitCode).toBe(0)
  expect(JSON.parse(answer.out).Uses.map(({ Name }: { Name: string }) => Name)).toContain('ann')
  const text = await run('last-use access-key --unused-for 0', atTerminal)
  expect(text.out).toContain('not noted')
  expect(text.out).toMatch(/uses are noted since \d{4}-/)
  expect((await run('last-use key', atTerminal)).out).toBe('there is none')
  expect((await run('last-use car')).err).toContain('it is one of key, secret, access-key, role')
  expect((await run('last-use key --unused-for x')).exitCode).toBe(2)
})
