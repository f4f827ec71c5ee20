import { afterAll, beforeAll, expect, test } from 'vitest'
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
