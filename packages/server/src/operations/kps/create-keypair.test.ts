import { describe, expect, it } from 'vitest'
import type { Caller } from '../../identity/principal.ts'
import { writePublicLine } from '../../keypairs/formats/public-line.ts'
import { readPrivateKey } from '../../keypairs/formats/read-private-key.ts'
import { generateKey } from '../../keypairs/generate.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { deleteKeypair } from './delete-keypair.ts'
import { listKeypairs } from './list-keypairs.ts'
import { showKeypair } from './show-keypair.ts'
import { account, alice, bob, kpsCalls, root } from './testing/calls.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`on ${database.name},`, () => {
    const { store, call, problemOf, create, createProblem } = kpsCalls(database)
    describe('creating a key pair', () => {
      it('generates rsa 2048 and answers the private key once', async () => {
        const { output, checks } = await create(alice, { name: 'web-01', type: 'ssh' })
        const { private_key, public_key, fingerprint, ...rest } = output.keypair
        expect(rest).toEqual({ name: 'web-01', type: 'ssh', user_id: alice.iamId })
        expect(private_key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/)
        expect(fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/)
        const key = await readPrivateKey(private_key)
        expect(public_key).toBe(writePublicLine(key.public, 'Generated-by-Keyward'))
        expect(checks).toEqual([
          {
            language: 'iam',
            action: 'kps:SSHKeyPair:create',
            resource: `kps:cn-north-4:${account.domainId}:SSHKeyPair:web-01`,
            owner: account.uid,
            facts: { 'kps:Algorithm': 'SSH_RSA_2048' },
          },
        ])
        const rows = await store().read.selectFrom('keypairs').selectAll().execute()
        expect(JSON.stringify(rows)).not.toContain('PRIVATE')
      })

      it('takes a public key in, as it is, and decides on its algorithm', async () => {
        const line = writePublicLine((await generateKey('SSH_ED25519')).public, 'me@laptop')
        const { output, checks } = await create(alice, { name: 'imported', public_key: `${line}\n` })
        expect(output.keypair.public_key).toBe(line)
        expect(output.keypair).not.toHaveProperty('private_key')
        expect(checks[0]?.facts).toEqual({ 'kps:Algorithm': 'SSH_ED25519' })
        expect(
          await createProblem(alice, { name: 'x', public_key: line, algorithm: 'SSH_RSA_2048' }),
        ).toMatchObject({
          name: 'keypair.algorithm',
        })
      })

      it('generates other algorithms by the extension field', async () => {
        const { output } = await create(alice, { name: 'ec', algorithm: 'ECDSA_SHA2_NISTP256' })
        expect(output.keypair.public_key).toMatch(/^ecdsa-sha2-nistp256 /)
        expect((await call(alice, showKeypair, { keypair_name: 'ec' })).output.keypair.algorithm).toBe(
          'ECDSA_SHA2_NISTP256',
        )
      })

      it.each([
        [{}, { code: 'MissingParameter', name: 'keypair.name' }],
        [{ name: '' }, { code: 'InvalidParameter', name: 'keypair.name' }],
        [{ name: 'a b' }, { code: 'InvalidParameter', name: 'keypair.name' }],
        [{ name: 'n'.repeat(256) }, { code: 'InvalidParameter', name: 'keypair.name' }],
        [
          { name: 'a', type: 'x509' },
          { code: 'InvalidParameter', name: 'keypair.type' },
        ],
        [
          { name: 'a', type: 'pgp' },
          { code: 'InvalidParameter', name: 'keypair.type' },
        ],
        [
          { name: 'a', scope: 'all' },
          { code: 'InvalidParameter', name: 'keypair.scope' },
        ],
        [
          { name: 'a', user_id: 'someone-else' },
          { code: 'InvalidParameter', name: 'keypair.user_id' },
        ],
        [
          { name: 'a', algorithm: 'SSH_DSS' },
          { code: 'InvalidParameter', name: 'keypair.algorithm' },
        ],
        [
          { name: 'a', public_key: 'ssh-rsa AAAA' },
          { code: 'InvalidParameter', name: 'keypair.public_key' },
        ],
        [
          { name: 'a', public_key: 7 },
          { code: 'InvalidParameter', name: 'keypair.public_key' },
        ],
        [
          { name: 'a', surprise: 1 },
          { code: 'InvalidParameter', name: 'keypair.surprise' },
        ],
      ])('refuses %j', async (keypair, problem) => {
        expect(await createProblem(alice, keypair)).toMatchObject(problem)
        expect((await call(alice, listKeypairs, {})).output.keypairs).toEqual([])
      })

      it('accepts the longest name', async () => {
        const name = 'n'.repeat(255)
        await create(alice, { name, algorithm: 'SSH_ED25519' })
        expect((await call(alice, listKeypairs, {})).output.keypairs).toMatchObject([{ keypair: { name } }])
      })
    })

    describe('names and who sees them', () => {
      const pair = (name: string, scope?: string) => ({
        name,
        algorithm: 'SSH_ED25519',
        ...(scope ? { scope } : {}),
      })
      const exists = { code: 'KeypairExists', name: 'n' }

      it('two users may hold private pairs of one name, one user may not', async () => {
        const mine = await create(alice, pair('n'))
        const other = await create(bob, pair('n', 'user'))
        expect(await createProblem(alice, pair('n'))).toEqual(exists)
        const shown = async (caller: Caller) =>
          (await call(caller, showKeypair, { keypair_name: 'n' })).output.keypair
        expect((await shown(alice)).fingerprint).toBe(mine.output.keypair.fingerprint)
        expect((await shown(bob)).fingerprint).toBe(other.output.keypair.fingerprint)
      })

      it("a private name and the account's own exclude each other", async () => {
        await create(alice, pair('n'))
        expect(await createProblem(bob, pair('n', 'domain'))).toEqual(exists)
        await call(alice, deleteKeypair, { keypair_name: 'n' })
        await create(bob, pair('n', 'domain'))
        expect(await createProblem(alice, pair('n'))).toEqual(exists)
        expect(await createProblem(alice, pair('n', 'domain'))).toEqual(exists)
      })

      it('of two creations at one time, one wins', async () => {
        const results = await Promise.all([createProblem(alice, pair('n')), createProblem(alice, pair('n'))])
        expect(results).toContainEqual(exists)
        expect(results).toContain('done')
      })

      it("another's private pair is missing, to root too; the account's is everyone's", async () => {
        await create(alice, pair('mine'))
        await create(alice, pair('ours', 'domain'))
        const missing = { code: 'KeypairNotFound', name: 'mine' }
        for (const caller of [bob, root]) {
          expect(await problemOf(caller, showKeypair, { keypair_name: 'mine' })).toEqual(missing)
          expect(await problemOf(caller, deleteKeypair, { keypair_name: 'mine' })).toEqual(missing)
          const { output } = await call(caller, listKeypairs, {})
          expect(output.keypairs.map((one: { keypair: { name: string } }) => one.keypair.name)).toEqual([
            'ours',
          ])
        }
        expect((await call(bob, showKeypair, { keypair_name: 'ours' })).output.keypair).toMatchObject({
          scope: 'domain',
          user_id: alice.iamId,
        })
      })
    })
  })
}
