import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import { type Do, exampleKeys } from '../src/operations/kms/testing/example-keys.ts'
import { exampleSecrets } from '../src/operations/secrets/testing/example-secrets.ts'
import { operations } from '../src/operations/table.ts'
import { exampleInput } from '../src/operations/testing/example-world.ts'
import { kmsClient, kmsModels } from './clients/alibabaClients.ts'
import { lost } from './clients/lost.ts'
import { openTarget } from './rotation-kit.ts'
import { startService, type TestService } from './service.ts'

// The example of every operation by the typed calls of the official KMS client: its models throw on an object where an
// array belongs, or the reverse, and lose what is named otherwise than the vendor names it.

let service: TestService
// biome-ignore lint/suspicious/noExplicitAny: the client's methods, by name
let client: any
// What it reads its typed answers from.
let doRequest: (...given: unknown[]) => Promise<Record<string, unknown>>
beforeAll(async () => {
  service = await startService({ flags: { 'test-clock': 'true' } })
  client = kmsClient({ url: service.url, ...service.root })
  doRequest = client.doRequest.bind(client)
})
afterAll(() => service.close())

const { RuntimeOptions } = createRequire(import.meta.url)('@alicloud/tea-util')
const runtime = new RuntimeOptions({ ignoreSSL: true })

const act: Do = async (action, input) => {
  const { body, status } = await service.call(service.root, `kms:${action}`, input as Record<string, unknown>)
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
  return body
}
const advance = (days: number) => (service.service.clock as TestClock).advance(days * 86_400_000)

// biome-ignore lint/suspicious/noExplicitAny: model classes, by name
const models = kmsModels as any
const methodOf = (action: string) => action[0]?.toLowerCase() + action.slice(1)
const typed = operations.filter(
  ({ name, refuses }) =>
    name.startsWith('kms:') &&
    refuses === undefined &&
    models[`${name.slice('kms:'.length)}Request`] !== undefined,
)

describe('the typed KMS client', () => {
  it('has calls for most of the table', () => {
    expect(typed.length).toBe(45)
  })

  it.each(typed.map(({ name }) => name.slice('kms:'.length)))('reads what %s answers', async (action) => {
    const { keyId, ciphertextBlob } = await key()
    const world = {
      accountUid: service.root.accountUid,
      projectId: service.root.projectId,
      keyId,
      ciphertextBlob,
      keypairName: '',
      kms: await exampleKeys(action, keyId, act, advance),
      secrets: await exampleSecrets(`kms:${action}`, act, () => openTarget(service)),
    }
    const example = exampleInput(operations.find(({ name }) => name === `kms:${action}`)!, world)
    const Request = models[`${action}Request`]
    const request: Record<string, unknown> = {}
    const names = Object.entries(Request.names() as Record<string, string>)
    for (const [wire, value] of Object.entries(example)) {
      const [own] = names.find(([, name]) => name === wire) ?? []
      // Parameters that came after this client, which it cannot send.
      if (own === undefined) continue
      request[own] = isJsonText(Request, own) ? JSON.stringify(value) : value
    }
    let wire: Record<string, unknown> = {}
    client.doRequest = async (...given: unknown[]) => {
      wire = await doRequest(...given)
      return wire
    }
    const answer = await client[methodOf(action)](new Request(request), runtime)
    expect(answer.requestId).toBe(wire.RequestId)
    expect(lost(answer, wire)).toEqual([])
  })
})

async function key() {
  const { KeyMetadata } = await act('CreateKey', {})
  const sealed = await act('Encrypt', {
    KeyId: KeyMetadata.KeyId,
    Plaintext: 'aGVsbG8=',
    EncryptionContext: { Project: 'ProjectA' },
  })
  return { keyId: KeyMetadata.KeyId as string, ciphertextBlob: sealed.CiphertextBlob as string }
}

/** A field that the model calls a text and the schema a list. */
function isJsonText(Request: { types(): Record<string, unknown> }, own: string): boolean {
  return Request.types()[own] === 'string' && own !== 'keyId' && /^(tags|tagKeys|filters)$/.test(own)
}
