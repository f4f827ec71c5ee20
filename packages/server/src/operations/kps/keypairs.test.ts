import { describe, expect, it } from 'vitest'
import { testDatabases } from '../../store/testing/databases.ts'
import { exampleInput } from '../testing/example-world.ts'
import { deleteKeypair } from './delete-keypair.ts'
import { kpsOperations } from './index.ts'
import { listKeypairs } from './list-keypairs.ts'
import { showKeypair } from './show-keypair.ts'
import { account, alice, bob, kpsCalls } from './testing/calls.ts'
import { NO_KEYPAIRS } from './testing/example-keypairs.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`on ${database.name},`, () => {
    const { scopeOf, call, problemOf, create } = kpsCalls(database)
    describe('showing and listing', () => {
      it('types every field as the clients expect it', async () => {
        const before = Date.now()
        const { output } = await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
        const { public_key, fingerprint } = output.keypair
        const same = {
          name: 'a',
          type: 'ssh',
          scope: 'user',
          public_key,
          fingerprint,
          is_key_protection: false,
        }
        const detail = (await call(alice, showKeypair, { keypair_name: 'a' })).output.keypair
        const { create_time, update_time, ...rest } = detail
        expect(rest).toEqual({
          ...same,
          id: 1,
          user_id: alice.iamId,
          description: '',
          deleted: false,
          frozen_state: 0,
          algorithm: 'SSH_ED25519',
        })
        expect(create_time).toBeGreaterThanOrEqual(before)
        expect(create_time).toBeLessThanOrEqual(Date.now())
        expect(update_time).toBe(create_time)
        expect((await call(alice, listKeypairs, {})).output).toEqual({
          keypairs: [{ keypair: { ...same, frozen_state: '0' } }],
          page_info: { current_count: 1 },
        })
      })

      it('pages forth and back, over what is deleted meanwhile', async () => {
        for (const name of ['a', 'b', 'c', 'd', 'e']) await create(alice, { name, algorithm: 'SSH_ED25519' })
        await create(bob, { name: 'hidden', algorithm: 'SSH_ED25519' })
        const page = async (input: object) => {
          const { keypairs, page_info } = (await call(alice, listKeypairs, { limit: 2, ...input })).output
          return {
            names: keypairs.map((one: { keypair: { name: string } }) => one.keypair.name).join(''),
            ...page_info,
          }
        }
        const first = await page({ marker: '' })
        expect(first).toEqual({ names: 'ab', current_count: 2, next_marker: '3' })
        const second = await page({ marker: first.next_marker })
        expect(second).toEqual({ names: 'cd', current_count: 2, next_marker: '5', previous_marker: '1' })
        const last = await page({ marker: second.next_marker })
        expect(last).toEqual({ names: 'e', current_count: 1, previous_marker: '3' })
        expect(await page({ marker: last.previous_marker })).toEqual(second)
        await call(alice, deleteKeypair, { keypair_name: 'c' })
        expect((await page({ marker: first.next_marker })).names).toBe('de')
        expect(await page({ marker: '99' })).toEqual({ names: '', current_count: 0, previous_marker: '4' })
      })

      it('decides on every pair at once', async () => {
        const { checks } = await call(alice, listKeypairs, {})
        expect(checks.map(({ action, resource }) => [action, resource])).toEqual([
          ['kps:SSHKeyPair:list', `kps:cn-north-4:${account.domainId}:SSHKeyPair:*`],
        ])
      })

      it.each([{ limit: 0 }, { limit: 1001 }, { limit: '5' }, { marker: 'web-01' }, { marker: '-1' }])(
        'refuses %j',
        async (input) => {
          expect(await problemOf(alice, listKeypairs, input)).toMatchObject({ code: 'InvalidParameter' })
        },
      )
    })

    describe('deleting', () => {
      it('removes the pair, and its number does not come back', async () => {
        await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
        const { output, checks } = await call(alice, deleteKeypair, { keypair_name: 'a' })
        expect(output).toEqual({})
        expect(checks[0]).toMatchObject({ action: 'kps:SSHKeyPair:delete' })
        expect(await problemOf(alice, deleteKeypair, { keypair_name: 'a' })).toMatchObject({
          code: 'KeypairNotFound',
        })
        await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
        expect((await call(alice, showKeypair, { keypair_name: 'a' })).output.keypair.id).toBe(2)
      })

      it('holds the row it was decided on', async () => {
        await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
        const targets = await deleteKeypair.resolve(scopeOf(alice), {
          project_id: account.projectId,
          keypair_name: 'a',
        })
        expect(deleteKeypair.decided(targets)).toEqual([
          { table: 'keypairs', id: targets.pair?.id, version: 1 },
        ])
        expect(deleteKeypair.decided({ pair: undefined })).toEqual([])
      })
    })

    it.each(kpsOperations.map((one) => [one.name, one] as const))(
      '%s refuses a foreign project first',
      async (_name, one) => {
        const world = {
          projectId: 'q'.repeat(32),
          keypairName: 'a',
          kps: NO_KEYPAIRS,
        }
        const input = exampleInput(one, world)
        await expect((async () => one.resolve(scopeOf(alice), input))()).rejects.toMatchObject({
          problem: { code: 'ProjectMismatch' },
        })
      },
    )
  })
}
