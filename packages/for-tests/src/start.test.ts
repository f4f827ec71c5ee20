import { afterAll, beforeAll, expect, test } from 'vitest'
import { callOver } from '../../server/test/service.ts'
import { type Keyward, startKeyward } from './start.ts'

let keyward: Keyward
beforeAll(async () => {
  keyward = await startKeyward({ clock: '2031-05-01T00:00:00Z', printDenials: false })
}, 60_000)
afterAll(() => keyward?.stop())

const call = (who: string, operation: string, input: Record<string, unknown> = {}) =>
  callOver(keyward.url, { ...keyward.keys[who]! }, operation, input)

test('it has the world, its users and their keys', async () => {
  expect(Object.keys(keyward.keys).sort()).toEqual(['alice', 'bob', 'root'])
  expect((await call('alice', 'kms:CreateKey')).status).toBe(200)
  expect(keyward.variables).toMatchObject({
    ALIBABA_CLOUD_ACCESS_KEY_ID: keyward.keys.root!.accessKeyId,
    KEYWARD_DEV_ALICE_ACCESS_KEY_ID: keyward.keys.alice!.accessKeyId,
    KEYWARD_DEV_HOST: keyward.host,
  })
})

test('it tells why a call was denied', async () => {
  expect((await call('bob', 'kms:CreateKey')).status).toBe(403)
  const denials = await keyward.denials()
  expect(denials.at(-1)).toMatchObject({ action: 'kms:CreateKey', reason: 'ImplicitDeny' })
  expect(denials.at(-1)!.who).toMatch(/user\/bob$/)
  expect(denials.at(-1)!.text).toMatch(
    /no identity policy allows it\n.*nearest: statement #0 of `LookAtKeys` would allow it: Action wants/s,
  )
})

test('its clock moves, what is due is done, and a reset brings all of it back', async () => {
  const made = await call('root', 'kms:CreateKey')
  const { KeyId } = made.body.KeyMetadata as { KeyId: string }
  await call('root', 'kms:ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
  const now = await keyward.advance('8d')
  expect(now.getTime()).toBeGreaterThan(Date.parse('2031-05-09T00:00:00Z'))
  expect((await call('root', 'kms:DescribeKey', { KeyId })).status).toBe(404)

  await keyward.reset()
  expect((await call('root', 'kms:ListKeys')).body).toMatchObject({ TotalCount: 0 })
  expect(await keyward.denials()).toEqual([])
  const again = await keyward.advance('0ms')
  expect(again.getTime()).toBeLessThan(Date.parse('2031-05-02T00:00:00Z'))
})

test('what cannot be is refused with a sentence, and nothing stays', async () => {
  await expect(startKeyward({ clock: '2001-01-01' })).rejects.toThrow('only moves forward')
  await expect(startKeyward({ world: { accounts: [{ nmae: 'x' }] }, printDenials: false })).rejects.toThrow(
    /did not start \(exit code 1\).*nmae/s,
  )
  await expect(keyward.advance('a week')).rejects.toThrow('Duration must be a time such as 8d')
}, 60_000)
