import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import { type Do, exampleKeys } from '../src/operations/kms/testing/example-keys.ts'
import { exampleSecrets } from '../src/operations/secrets/testing/example-secrets.ts'
import { operations } from '../src/operations/table.ts'
import { exampleInput } from '../src/operations/testing/example-world.ts'
import { kmsClient, kmsModels } from './clients/alibabaClients.ts'
import { openTarget } from './rotation-kit.ts'
import { startService, type TestService } from './service.ts'

// The example of every operation by the typed calls of the official KMS client: its models throw on an object where an
// array belongs, or the reverse, and lose what is named otherwise than the vendor names it.

let service: TestService
// biome-ignore lint/suspicious/noExplicitAny: the client's methods, by name
let client: any
beforeAll(async () => {
  service = await startService({ flags: { 'test-clock': 'true' } })
  client = kmsClient({ url: service.url, ...service.root })
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

/** What the answer has had only since after this client. */
const LATER = new Set([
  'KeyMetadata.DeletionProtection',
  'SecretList.Secret.0.OwingService',
  'SecretList.Secret.0.SecretType',
])

/** Every leaf of an answer, as `a.b.0.c`. */
function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
}

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
    const answer = await client[methodOf(action)](new Request(request), runtime)
    const raw = await act(action, example).catch(() => undefined)
    const read = leaves(answer.toMap())
    expect(read).toContain('RequestId')
    // What this client knows of the answer, it found where it looks for it.
    if (raw) {
      const known = leaves(raw).filter(
        (leaf) => knows(models[`${action}Response`], leaf) && !LATER.has(leaf.replace(/\.\d+\./g, '.0.')),
      )
      expect(read).toEqual(expect.arrayContaining(known))
    }
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

/** Whether the model's first level has the member: deeper levels are its own business. */
function knows(Body: { names(): Record<string, string> } | undefined, leaf: string): boolean {
  return Body !== undefined && Object.values(Body.names()).includes(leaf.split('.')[0] as string)
}
