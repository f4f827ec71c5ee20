import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from './postgres.ts'
import { startService, type TestService } from './service.ts'

// Many writers of one entity at once: each is decided on what the one before it left, and nobody is refused for the others.

const WRITERS = 80
const postgres = await startPostgres()
afterAll(() => postgres?.close())

describe.each(['sqlite', 'postgres'])('writers that meet, on %s', (kind) => {
  const missing = kind === 'postgres' && !postgres
  let service: TestService
  beforeAll(async () => {
    if (missing) return
    service = await startService(kind === 'postgres' ? { database: await postgres!.createDatabase() } : {})
  })
  afterAll(() => service?.close())

  const ok = async (operation: string, input: Record<string, unknown>) => {
    const { status, body } = await service.call(service.root, operation, input)
    if (status >= 300) throw new Error(JSON.stringify(body))
    return body
  }
  const all = (operation: string, input: (i: number) => Record<string, unknown>) =>
    Promise.all(
      Array.from({ length: WRITERS }, async (_, i) => {
        const { status, body } = await service.call(service.root, operation, input(i))
        return status < 300 ? 'done' : JSON.stringify(body)
      }),
    )
  const allDone = Array.from({ length: WRITERS }, () => 'done')

  it.skipIf(missing)('all describe one key pair', async () => {
    await ok('kps:CreateKeypair', { keypair: { name: 'met', algorithm: 'SSH_ED25519' } })
    const described = await all('kps:UpdateKeypairDescription', (i) => ({
      keypair_name: 'met',
      keypair: { description: `${i}` },
    }))
    expect(described).toEqual(allDone)
  })

  it.skipIf(missing)('all change how one key rotates', async () => {
    const { KeyMetadata } = await ok('kms:CreateKey', {})
    const { KeyId } = KeyMetadata as { KeyId: string }
    const changed = await all('kms:UpdateRotationPolicy', (i) => ({
      KeyId,
      EnableAutomaticRotation: true,
      RotationInterval: `${7 + (i % 300)}d`,
    }))
    expect(changed).toEqual(allDone)
  })

  it.skipIf(missing)(
    'are served, as readers are, when the loop stands still with them under way',
    async () => {
      const { KeyMetadata } = await ok('kms:CreateKey', {})
      const { KeyId } = KeyMetadata as { KeyId: string }
      const calls = Array.from({ length: 8 }, (_, i) => [
        ok('kms:DescribeKey', { KeyId }),
        ok('kms:UpdateKeyDescription', { KeyId, Description: `${i}` }),
      ]).flat()
      await new Promise((resolve) => setTimeout(resolve, 3))
      const end = performance.now() + 1500
      while (performance.now() < end);
      await Promise.all([...calls, ok('kms:DescribeKey', { KeyId })])
    },
  )

  // Without a decision within the transaction, each would begin anew until no other is before it in its group.
  it.skipIf(missing).each(['kps:ClearPrivateKey', 'kps:DeleteKeypair'])(
    'do not keep %s of the same pair waiting',
    async (operation) => {
      const name = operation.slice(4)
      await ok('kps:CreateKeypair', {
        keypair: {
          name,
          algorithm: 'SSH_ED25519',
          key_protection: { encryption: { type: 'default' } },
        },
      })
      let written = 0
      let over = false
      const writer = async () => {
        while (!over) {
          const { status } = await service.call(service.root, 'kps:UpdateKeypairDescription', {
            keypair_name: name,
            keypair: { description: `${written}` },
          })
          if (status === 404) return
          if (status >= 300) throw new Error(`${status}`)
          written += 1
        }
      }
      const writers = Array.from({ length: WRITERS }, writer)
      while (written < WRITERS) await new Promise((resolve) => setTimeout(resolve, 5))
      const before = written
      await ok(operation, { keypair_name: name })
      const meanwhile = written - before
      over = true
      await Promise.all(writers)
      expect(meanwhile).toBeLessThan(WRITERS * 4)
    },
  )
})
