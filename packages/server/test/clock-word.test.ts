import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Credential, startService, type TestService } from './service.ts'

// Who may ask for the clock, and say that it is right. What a clock that is wrong does is in clock-jumps.test.ts.

let service: TestService
let stranger: Credential
beforeAll(async () => {
  service = await startService()
  const accessKeySecret = randomBytes(16).toString('hex')
  const accessKeyId = `LTAI${randomBytes(10).toString('hex')}`
  const all = { Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  await service.apply({
    accounts: [
      {
        name: 'tenant',
        policies: [{ name: 'all', language: 'ram', document: all }],
        users: [
          {
            name: 'boss',
            policies: { ram: ['all'] },
            accessKeys: [{ id: accessKeyId, secret: accessKeySecret }],
          },
        ],
      },
    ],
  })
  stranger = { accessKeyId, accessKeySecret, projectId: service.root.projectId }
})
afterAll(() => service.close())

describe('the clock of the installation', () => {
  it('is the operator’s: another account may neither ask nor speak, whatever its policies say', async () => {
    expect((await service.call(stranger, 'kms:ListKeys', {})).status).toBe(200)
    const word = { Time: new Date().toISOString() }
    expect((await service.call(stranger, 'keyward:GetClock', {})).status).toBe(403)
    expect((await service.call(stranger, 'keyward:TrustClock', word)).status).toBe(403)
  })

  it('is shown, and trusted by a word that agrees with it alone', async () => {
    const shown = await service.call(service.root, 'keyward:GetClock', {})
    expect(shown.body).toMatchObject({ Trusted: true, Reason: '', Database: '', KeysToDestroy: 0 })
    expect(Math.abs(Date.parse(String(shown.body.Elapsed)) - Date.now())).toBeLessThan(5000)
    const trust = (Time: string) => service.call(service.root, 'keyward:TrustClock', { Time })
    expect((await trust(new Date().toISOString())).status).toBe(200)
    for (const wrong of ['soon', new Date(Date.now() + 3_600_000).toISOString()]) {
      expect(await trust(wrong)).toMatchObject({ status: 400, body: { Code: 'InvalidParameter' } })
    }
    expect(await (await fetch(`${service.url}/readyz`)).text()).toBe('ok\n')
  })
})
