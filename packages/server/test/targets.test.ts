import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDoor } from '../src/secrets/engines/testing/open-door.ts'
import { startService, type TestService } from './service.ts'

// Databases that secrets rotate on: what is registered, and what is never told or done with it.

let service: TestService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

const put = (input: Record<string, unknown> = {}) =>
  service.call(service.root, 'keyward:PutTarget', {
    TargetId: 'shop-db',
    Engine: 'postgresql',
    Address: 'db.example.net',
    Administrator: 'keyward',
    AdministratorPassword: 'CANARY-1',
    Accounts: ['shop', 'shop_clone', 'shop'],
    ...input,
  })
const get = async (id: string) =>
  (await service.call(service.root, 'keyward:GetTarget', { TargetId: id })).body

describe('a target', () => {
  it('is what was said of it, and never shows its password', async () => {
    const answer = await put()
    const shown = {
      TargetId: 'shop-db',
      Engine: 'postgresql',
      Address: 'db.example.net',
      Port: 5432,
      Database: '',
      Tls: 'on',
      CaCertificates: '',
      Administrator: 'keyward',
      Accounts: ['shop', 'shop_clone'],
    }
    expect(answer.body).toMatchObject({ Created: true, Target: shown })
    expect((await get('shop-db')).Target).toEqual(shown)
    expect(JSON.stringify([answer.body, await get('shop-db')])).not.toContain('CANARY')
    expect((await put({ Accounts: [] })).body).toMatchObject({ Created: false, Target: { Accounts: [] } })
  })

  it('keeps its password only for where and for whom it was given', async () => {
    await put()
    const { AdministratorPassword: _, ...again } = { AdministratorPassword: undefined }
    expect((await put({ ...again, AdministratorPassword: undefined, Database: 'shop' })).status).toBe(200)
    const elsewhere = [
      { Address: 'evil.example.net' },
      { Port: 5433 },
      { Engine: 'redis' },
      { Administrator: 'postgres' },
      { Address: '127.0.0.1', Tls: 'off' },
      { CaCertificates: '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----' },
    ]
    for (const change of elsewhere) {
      const { status, body } = await put({ AdministratorPassword: undefined, ...change })
      expect([change, status, body.Code]).toEqual([change, 400, 'MissingParameter'])
    }
    expect((await get('shop-db')).Target).toMatchObject({ Address: 'db.example.net', Database: 'shop' })
  })

  it.each([
    ['the administrator in the list', { Accounts: ['shop', 'keyward'] }, 'Accounts'],
    ['no TLS to another machine', { Tls: 'off' }, 'Tls'],
    ['an address that is none', { Address: 'db.example.net:5432' }, 'Address'],
    ['certificates that are none', { CaCertificates: 'trust me' }, 'CaCertificates'],
    [
      'a number where its certificate is held against a name',
      { Engine: 'mariadb', Address: '192.0.2.9' },
      'Address',
    ],
    ['a control character in a name', { Accounts: ['a\nb'] }, 'Accounts'],
    ['another engine', { Engine: 'oracle' }, 'Engine'],
  ])('is refused with %s', async (_what, change, parameter) => {
    const { status, body } = await put({ TargetId: 'wrong', ...change })
    expect([status, body.Code]).toEqual([400, 'InvalidParameter'])
    expect(body.Message).toContain(parameter)
    expect((await get('wrong')).Code).toBe('Forbidden.ResourceNotFound')
  })

  it('that several callers register at once is made once, with a password that opens', async () => {
    const door = await openDoor()
    for (const TargetId of ['once-1', 'once-2', 'once-3', 'once-4']) {
      const shared = { TargetId, Address: '127.0.0.1', Port: door.port, Tls: 'off' }
      const answers = await Promise.all(Array.from({ length: 6 }, () => put(shared)))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      expect(answers.filter(({ body }) => body.Created)).toHaveLength(1)
      const made = await service.call(service.root, 'kms:CreateSecret', {
        SecretName: TargetId,
        VersionId: 'v0',
        SecretType: 'Rds',
        SecretData: '{"Accounts":[{"AccountName":"shop","AccountPassword":"any"}]}',
        ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId: TargetId },
      })
      expect([TargetId, made.status, made.body.Code]).toEqual([TargetId, 200, undefined])
      await service.call(service.root, 'keyward:DeleteTarget', { TargetId })
    }
    door.close()
  })

  it('is listed a page at a time, and goes', async () => {
    for (const TargetId of ['list-1', 'list-2', 'list-3']) await put({ TargetId })
    const list = async (input: object) =>
      (await service.call(service.root, 'keyward:ListTargets', { ...input })).body
    const first = await list({ MaxItems: 2 })
    expect((first.Targets as { TargetId: string }[]).map((one) => one.TargetId)).toEqual(['list-1', 'list-2'])
    const rest = await list({ Marker: first.NextMarker })
    expect((rest.Targets as { TargetId: string }[]).map((one) => one.TargetId)).toEqual(['list-3', 'shop-db'])
    expect(rest.Total).toBe(4)
    expect((await service.call(service.root, 'keyward:DeleteTarget', { TargetId: 'list-2' })).status).toBe(
      200,
    )
    expect((await get('list-2')).Code).toBe('Forbidden.ResourceNotFound')
  })
})
