import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NO_KEYS } from '../src/operations/kms/testing/example-keys.ts'
import { NO_KEYPAIRS } from '../src/operations/kps/testing/example-keypairs.ts'
import { operations } from '../src/operations/table.ts'
import { startService, type TestService } from './service.ts'

// Every operation with parameters that are missing, of the wrong type, too large or unknown: the answer is the vendor's
// 4xx, never a 5xx, and the process goes on. The cases are made from the schemas, so a new field is tried by itself.

let service: TestService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

interface Field {
  readonly type?: string
}

const HUGE = 'A'.repeat(100_000)
const WRONG: readonly unknown[] = [
  '',
  'x',
  '\u0000',
  '🔑'.repeat(50),
  -1,
  1e308,
  '999999999999999999999999',
  true,
  'null',
  [],
  [[[]]],
  {},
  { a: { b: { c: 1 } } },
  { __proto__: 'x', constructor: 'y' },
  '{"__proto__":{"x":1}}',
  '[1,2',
  '../../etc/passwd',
  "' or 1=1 --",
  'acs:kms:*:*:key/*',
  'alias/',
  HUGE,
]

const mapped = <T extends object>(record: T, value: string) =>
  Object.fromEntries(Object.keys(record).map((name) => [name, value])) as { [K in keyof T]: string }

const example = {
  accountUid: '1234567890123456',
  projectId: '',
  keyId: '00000000-0000-4000-8000-000000000000',
  ciphertextBlob: Buffer.alloc(108, '0').toString('base64'),
  keypairName: 'none',
  kms: NO_KEYS,
  kps: mapped(NO_KEYPAIRS, 'none'),
  identity: {
    roleArn: 'acs:ram::1234567890123456:role/none',
    agencyUrn: `iam::${'0'.repeat(32)}:agency:none`,
    diagnosticMessage: 'none',
  },
}

describe.each(operations.map((operation) => [operation.name, operation] as const))(
  '%s',
  (name, operation) => {
    const fields = operation.input.properties as Record<string, Field>
    const required = (operation.input as { required?: string[] }).required ?? []
    const valid = () => ({ ...operation.example({ ...example, projectId: service.root.projectId }) })
    const inPath = (field: string) =>
      operation.binding.wire === 'huawei' && operation.binding.path.includes(`{${field}}`)

    it('answers 4xx without each required parameter, naming it', async () => {
      for (const field of required.filter((one) => !inPath(one))) {
        const { [field]: _, ...rest } = valid()
        const answer = await service.call(service.root, name, rest)
        expect([field, answer.status]).toEqual([field, 400])
        expect(JSON.stringify(answer.body)).toContain(field)
      }
    })

    // A call that this service refuses whatever it says takes every parameter of the cloud's.
    const open = operation.input.additionalProperties === true
    it.skipIf(open)('answers 4xx to an unknown parameter, naming it', async () => {
      const answer = await service.call(service.root, name, { ...valid(), Unheard: 'x' })
      expect(answer.status).toBe(400)
      expect(JSON.stringify(answer.body)).toContain('Unheard')
    })

    it.each(Object.keys(fields))('answers without 5xx whatever %s is', async (field) => {
      for (const value of WRONG) {
        if (inPath(field) && (typeof value !== 'string' || value === '' || value === HUGE)) continue
        const answer = await service.call(service.root, name, { ...valid(), [field]: value })
        const tried = JSON.stringify(value).slice(0, 60)
        expect([tried, answer.status < 500]).toEqual([tried, true])
        if (answer.status >= 400)
          expect(answer.body.Code ?? answer.body.error_code).toEqual(expect.any(String))
      }
      expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
    })
  },
)
