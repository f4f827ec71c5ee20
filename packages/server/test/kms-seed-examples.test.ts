import { readFileSync } from 'node:fs'
import { parsePolicy } from '@keyward/policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Do, wrapFor } from '../src/operations/kms/testing/example-keys.ts'
import { startService, type TestService } from './service.ts'

interface Example {
  readonly name: string
  readonly as: 'key' | 'ram' | 'ram without Principal' | 'secret'
  readonly statements: readonly Record<string, unknown>[]
  readonly calls: readonly {
    readonly action: string
    readonly input: Record<string, unknown>
    /** The key whose policy it is; `{keyId}` when absent. */
    readonly on?: string
    readonly expect: 'allowed' | 'denied'
  }[]
}
const { examples } = JSON.parse(
  readFileSync(new URL('../cases/kms-seed-examples.json', import.meta.url), 'utf8'),
) as { readonly examples: readonly Example[] }

let service: TestService
let names: Record<string, string>
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

const act: Do = async (action, input) => {
  const { body, status } = await service.call(service.root, `kms:${action}`, input as Record<string, unknown>)
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
  return body
}
const make = async (options: object) => (await act('CreateKey', options)).KeyMetadata.KeyId as string

/** Fresh keys for an example, by the names that it calls them. */
async function world(example: Example): Promise<Record<string, string>> {
  const wants = (name: string) => JSON.stringify(example.calls).includes(`{${name}}`)
  const made: Record<string, string> = {
    uid: service.root.accountUid,
    keyId: await make({}),
    otherKeyId: await make({}),
  }
  if (wants('externalId')) {
    made.externalId = await make({ Origin: 'EXTERNAL' })
    const sent = await wrapFor(act, made.externalId, Buffer.alloc(32, 5))
    made.token = sent.ImportToken
    made.material = sent.EncryptedKeyMaterial
  }
  if (wants('pairId')) {
    made.pairId = await make({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT/DECRYPT' })
    const { KeyVersions } = await act('ListKeyVersions', { KeyId: made.pairId })
    made.pairVersionId = KeyVersions.KeyVersion[0].KeyVersionId
    const sealed = await act('AsymmetricEncrypt', {
      KeyId: made.pairId,
      KeyVersionId: made.pairVersionId,
      Algorithm: 'RSAES_OAEP_SHA_256',
      Plaintext: 'aGVsbG8=',
    })
    made.pairBlob = sealed.CiphertextBlob
  }
  return made
}

const fill = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? `{${name}}`))
const document = (statements: readonly object[]) => ({ Version: '1', Statement: statements })
const everything = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }

describe("the seed's examples, over the wire", () => {
  it.each(examples)('$name', async (example) => {
    names = { ...(await world(example)), user: `key_ramuser${1 + examples.indexOf(example)}` }
    const statements = fill(example.statements)
    const type = example.as === 'key' || example.as === 'secret' ? example.as : 'identity'
    const asWritten = parsePolicy(JSON.stringify(document(statements)), {
      language: 'ram',
      type: example.as === 'ram without Principal' ? 'key' : type,
    })
    const severities = asWritten.findings.map(({ severity }) => severity)
    expect(severities).not.toContain('error')
    if (example.as === 'ram without Principal') expect(severities).toContain('warning')

    const denies = statements.some(({ Effect }) => Effect === 'Deny')
    const own = statements.map(({ Principal: _, ...rest }) => rest)
    const identity = type === 'identity' ? own : []
    const ram = document(denies ? [everything, ...identity] : identity)
    const user = await service.user(names.user!, { ram: ram.Statement.length > 0 ? [ram] : [] })
    if (example.as === 'key') {
      const keys = new Set(example.calls.map(({ on }) => fill(on ?? '{keyId}')))
      for (const KeyId of keys)
        await act('SetKeyPolicy', { KeyId, Policy: JSON.stringify(document(statements)) })
    }
    for (const { action, expect: outcome, input } of example.calls) {
      const { body, status } = await service.call(user, `kms:${action}`, fill(input))
      expect([action, input, status === 403 ? 'denied' : 'allowed', body.Code]).toEqual([
        action,
        input,
        outcome,
        outcome === 'denied' ? 'Forbidden.NoPermission' : status === 200 ? undefined : 'InvalidParameter',
      ])
    }
  })
})
