import type { TObject } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NO_KEYS } from '../src/operations/kms/testing/example-keys.ts'
import { NO_KEYPAIRS } from '../src/operations/kps/testing/example-keypairs.ts'
import { NO_ORGANIZATION } from '../src/operations/organizations/testing/example-organization.ts'
import { NO_IDENTITY } from '../src/operations/ram/testing/example-identities.ts'
import { NO_SECRETS } from '../src/operations/secrets/testing/example-secrets.ts'
import { operations } from '../src/operations/table.ts'
import { exampleInput } from '../src/operations/testing/example-world.ts'
import type { Operation } from '../src/pipeline/operation.ts'
import { validateInput } from '../src/pipeline/validate.ts'
import type { RpcBinding } from '../src/wire/alibaba/binding.ts'
import { inputReader } from '../src/wire/alibaba/parameters.ts'
import { flattenParameters, signAcs3 } from '../src/wire/alibaba/sign.ts'
import { bindingOf } from '../src/wire/bindings.ts'
import { startPostgres } from './postgres.ts'
import { startService, type TestService, type WireAnswer } from './service.ts'

// Every operation with parameters that are missing, of the wrong type, too large or unknown: the answer is the vendor's
// 4xx, never a 5xx, and the process goes on, on both databases. The cases are made from the schemas, so a new field is
// tried by itself.
//
// Every value that an operation takes is sent to it. Of those that the schema refuses, a few a parameter are sent: the
// others are refused here by the same two functions, and no request gets past them.

const postgres = await startPostgres()

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
  0,
  0.5,
  1e308,
  -1e308,
  Number.MAX_SAFE_INTEGER,
  '999999999999999999999999',
  true,
  null,
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
  targetId: 'target-example',
  keypairName: 'none',
  kms: NO_KEYS,
  kps: mapped(NO_KEYPAIRS, 'none'),
  secrets: NO_SECRETS,
  organization: NO_ORGANIZATION,
  identity: {
    ...NO_IDENTITY,
    roleArn: 'acs:ram::1234567890123456:role/none',
    agencyUrn: `iam::${'0'.repeat(32)}:agency:none`,
    diagnosticMessage: 'none',
    newName: 'none',
    name: 'none',
    tied: 'none',
    accessKeyId: 'none',
    trust: '{}',
  },
}

/** What a database may read in its own way: on the second one, these alone are tried. */
const OF_THE_DATABASE = WRONG.filter(
  (value) =>
    typeof value === 'number' ||
    ['\u0000', '🔑'.repeat(50), '999999999999999999999999', HUGE].includes(value as string),
)

/** How the parameters of a call are written. */
interface Form {
  readonly title: string
  readonly send: (service: TestService, name: string, input: Record<string, unknown>) => Promise<WireAnswer>
  /** What the wire reads of the input; absent where every value is sent. */
  readonly read?: (operation: Operation, input: Record<string, unknown>) => Record<string, unknown>
}

const readRpc = ({ input }: Operation, part: { readonly form?: object; readonly json?: string }) => {
  const parameters = Object.entries(part.form ?? {}).map(([name, value]) => ({ name, value, canonical: '' }))
  const json = part.json === undefined ? undefined : JSON.parse(part.json)
  return inputReader(input as TObject)({ parameters, json })
}

/** Parameters as text on the Alibaba wire. */
const asText: Form = {
  title: 'as its clients send it',
  send: (service, name, input) => service.call(service.root, name, input),
  read: (operation, input) => readRpc(operation, { form: flattenParameters(input) }),
}

/** JSON on the other. */
const asRest: Form = { title: asText.title, send: asText.send }

/** On the Alibaba wire too the values keep their types. */
const asJson: Form = {
  title: 'as JSON',
  async send(service, name, input) {
    const { action, version } = bindingOf(operations.find((one) => one.name === name)!) as RpcBinding
    const host = new URL(service.url).host
    const json = JSON.stringify(input)
    const { accessKeyId, accessKeySecret } = service.root
    const keys = { accessKeyId, accessKeySecret }
    const signed = signAcs3({ method: 'POST', host, action, version, query: {}, json, ...keys })
    const { body, headers } = signed
    const response = await fetch(service.url, { method: 'POST', headers: { ...headers }, body })
    const answer = (await response.json()) as WireAnswer['body']
    return { status: response.status, body: answer, headers: response.headers }
  },
  read: (operation, input) => readRpc(operation, { json: JSON.stringify(input) }),
}

const DATABASES = [
  ['SQLite', async (): Promise<string | undefined> => undefined],
  ['PostgreSQL', async (): Promise<string | undefined> => postgres?.createDatabase()],
] as const

/** Calls at a time, whose audit entries wait for one sync. */
const TOGETHER = 8

describe.each(DATABASES)('on %s', (kind, database) => {
  let service: TestService
  beforeAll(async () => {
    const url = await database()
    service = await startService(url === undefined ? {} : { database: url })
  })
  afterAll(() => service?.close())

  const rows = operations.flatMap((operation): (readonly [string, string, Form, Operation])[] => {
    const row = (form: Form) => [operation.name, form.title, form, operation] as const
    if (bindingOf(operation).wire === 'huawei') return [row(asRest)]
    // What the parameters are read to is the same whatever holds the keys: both forms are tried on one database.
    if (kind === 'SQLite') return [row(asText), row(asJson)]
    // A call that is refused whatever it says gives no parameter to a database.
    return operation.refuses === undefined ? [row(asJson)] : []
  })

  describe.skipIf(kind === 'PostgreSQL' && !postgres).each(rows)(
    '%s, %s',
    (name, _title, form, operation) => {
      const fields = operation.input.properties as Record<string, Field>
      const required = (operation.input as { required?: string[] }).required ?? []
      const valid = () => ({ ...exampleInput(operation, { ...example, projectId: service.root.projectId }) })
      const binding = bindingOf(operation)
      const inPath = (field: string) => binding.wire === 'huawei' && binding.path.includes(`{${field}}`)
      const send = (input: Record<string, unknown>) => form.send(service, name, input)
      const refusal = (input: Record<string, unknown>) =>
        form.read && validateInput(operation, form.read(operation, input))

      async function sendAll(inputs: readonly Record<string, unknown>[]): Promise<void> {
        for (let at = 0; at < inputs.length; at += TOGETHER) {
          const some = inputs.slice(at, at + TOGETHER)
          const answers = await Promise.all(some.map(send))
          // Writers of one thing can be in each other's way.
          for (const [i, { status }] of answers.entries())
            if (status === 503) answers[i] = await send(some[i]!)
          answers.forEach((answer, i) => {
            const tried = JSON.stringify(some[i]).slice(0, 500)
            expect([tried, answer.status < 500]).toEqual([tried, true])
            if (answer.status >= 400)
              expect(answer.body.Code ?? answer.body.error_code).toEqual(expect.any(String))
          })
        }
      }

      it('answers 4xx without each required parameter, naming it', async () => {
        for (const field of required.filter((one) => !inPath(one))) {
          const { [field]: _, ...rest } = valid()
          const answer = await send(rest)
          expect([field, answer.status]).toEqual([field, 400])
          expect(JSON.stringify(answer.body)).toContain(field)
        }
      })

      // A call that this service refuses whatever it says takes every parameter of the cloud's: none is unknown to it.
      if (operation.input.additionalProperties !== true) {
        it('answers 4xx to an unknown parameter, naming it', async () => {
          const answer = await send({ ...valid(), Unheard: 'x' })
          expect(answer.status).toBe(400)
          expect(JSON.stringify(answer.body)).toContain('Unheard')
        })
      }

      /** The wrong values of a parameter: those that the schema takes, and those that it refuses. */
      function sorted(field: string) {
        const values = (kind === 'SQLite' ? WRONG : OF_THE_DATABASE).filter(
          (value) => !inPath(field) || (typeof value === 'string' && value !== '' && value !== HUGE),
        )
        const isRefused = (value: unknown) => refusal({ ...valid(), [field]: value }) !== undefined
        return Object.groupBy(values, (value) => (isRefused(value) ? 'refused' : 'taken'))
      }

      if (operation.refuses === undefined) {
        it.each(Object.keys(fields))('answers without 5xx whatever %s is', async (field) => {
          const { taken = [], refused = [] } = sorted(field)
          const some = [...taken, ...refused.slice(0, 1), ...refused.slice(1).slice(-1)]
          await sendAll(some.map((value) => ({ ...valid(), [field]: value })))
        })
      } else {
        // All of it is passed over: one call gives a value to every parameter that takes it.
        it('answers without 5xx whatever its parameters are', async () => {
          const inputs: Record<string, unknown>[] = WRONG.map(valid)
          for (const field of Object.keys(fields)) {
            const { taken = [], refused = [] } = sorted(field)
            for (const value of taken) inputs[WRONG.indexOf(value)]![field] = value
            if (refused.length > 0) inputs.push({ ...valid(), [field]: refused[0] })
          }
          await sendAll(inputs)
        })
      }

      afterAll(async () => {
        expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
      })
    },
  )
})
