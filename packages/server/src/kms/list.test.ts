import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readTags, writeTags } from '../base/tags.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { type KeyFilters, readFilters } from './filters.ts'
import type { KeyRow } from './keys.ts'
import { listFilteredKeys } from './list.ts'
import { type KeyState, stateAt } from './states.ts'
import { listTags, taggedKeys } from './tag-list.ts'

const NOW = 1_000_000
const OF = { accountUid: '1', region: 'r', now: NOW }
const STATES = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport']
const NAMES = ['a', 'A', 'b', 'a_', '%', 'x"y', 'back\\slash', 'ü']
const KEYS = 1203

/** The filters as their definition says, without a database. */
function passes(row: KeyRow, filters: KeyFilters, named: ReadonlySet<string>): boolean {
  const life = {
    state: row.state as KeyState,
    deleteAt: row.delete_at ?? undefined,
    materialExpiresAt: row.material_expires_at ?? undefined,
  }
  const has = (name: keyof KeyFilters, ...values: readonly (string | null | undefined)[]) =>
    filters[name] === undefined || values.some((value) => value != null && filters[name]?.has(value))
  const tagged = [...readTags(row.tags)].some(([key, value]) => has('TagKey', key) && has('TagValue', value))
  return (
    has('KeyId', row.id) &&
    has('KeySpec', row.key_spec) &&
    has('KeyUsage', row.key_usage, row.key_usage.replaceAll('/', '_')) &&
    has('ProtectionLevel', row.protection_level) &&
    has('DKMSInstanceId', row.instance_id) &&
    has('CreatorType', 'User') &&
    has('Creator', row.account_uid, row.creator) &&
    has('KeyState', stateAt(life, NOW)) &&
    (filters.AliasName === undefined || named.has(row.id)) &&
    ((!filters.TagKey && !filters.TagValue) || tagged)
  )
}

function keyRow(i: number): KeyRow {
  const at = <T>(list: readonly T[], step: number) => list[Math.floor(i / step) % list.length] as T
  const tags = new Map([
    [at(NAMES, 1), at(NAMES, 3)],
    [at(NAMES, 5), at(NAMES, 2)],
  ])
  const state = at(STATES, 7)
  return {
    id: `key-${String((i * 7919) % KEYS).padStart(5, '0')}`,
    account_uid: '1',
    region: 'r',
    creator: at(['u1', 'u2'], 11),
    description: '',
    key_spec: at(['Aliyun_AES_256', 'RSA_2048'], 2),
    key_usage: at(['ENCRYPT/DECRYPT', 'SIGN/VERIFY', 'GENERATE_VERIFY_MAC'], 1),
    origin: 'Aliyun_KMS',
    protection_level: at(['SOFTWARE', 'HSM'], 13),
    state,
    primary_version_id: null,
    policy: '',
    created_at: Math.floor(i / 3),
    delete_at: state === 'PendingDeletion' ? NOW + at([-1, 0, 1], 1) : null,
    deletion_protection: 0,
    deletion_protection_description: '',
    instance_id: at([null, 'kst-1'], 3),
    automatic_rotation: 0,
    rotation_interval_s: null,
    last_rotation_at: 0,
    next_rotation_at: null,
    material_expires_at: at([null, NOW - 1, NOW, NOW + 1], 3),
    material_check: null,
    tags: i % 4 === 0 ? '{}' : writeTags(tags),
    version: 1,
  } as KeyRow
}

const few = (values: readonly string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 })
const filter = fc.oneof(
  few(STATES).map((Values) => ({ Key: 'KeyState', Values })),
  few(['Aliyun_AES_256', 'RSA_2048', 'none']).map((Values) => ({ Key: 'KeySpec', Values })),
  few(['ENCRYPT/DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC']).map((Values) => ({
    Key: 'KeyUsage',
    Values,
  })),
  few(['SOFTWARE', 'HSM']).map((Values) => ({ Key: 'ProtectionLevel', Values })),
  few(['kst-1', '']).map((Values) => ({ Key: 'DKMSInstanceId', Values })),
  few(['User', 'Service']).map((Values) => ({ Key: 'CreatorType', Values })),
  few(['1', 'u1', 'u3']).map((Values) => ({ Key: 'Creator', Values })),
  few(['key-00001', 'key-00700', 'no-key']).map((Values) => ({ Key: 'KeyId', Values })),
  few(['alias/x', 'alias/y']).map((Values) => ({ Key: 'AliasName', Values })),
  few(NAMES).map((Values) => ({ Key: 'TagKey', Values })),
  few(NAMES).map((Values) => ({ Key: 'TagValue', Values })),
)

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`lists of keys on ${database.name}`, () => {
    let store: Store
    const rows = Array.from({ length: KEYS }, (_, i) => keyRow(i))
    const living = rows
      .filter((row) => row.delete_at === null || row.delete_at > NOW)
      .sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
    const named = (filters: KeyFilters) =>
      new Set([...(filters.AliasName ?? [])].map((name) => (name === 'alias/x' ? rows[1]!.id : rows[2]!.id)))
    beforeAll(async () => {
      store = await openStore(await database.fresh())
      await store.write(async (tx) => {
        for (let i = 0; i < KEYS; i += 100)
          await tx
            .insertInto('kms_keys')
            .values(rows.slice(i, i + 100))
            .execute()
        for (const [name, i] of [
          ['alias/x', 1],
          ['alias/y', 2],
        ] as const) {
          await tx
            .insertInto('kms_aliases')
            .values({ account_uid: '1', region: 'r', name, key_id: rows[i]!.id, created_at: 1, version: 1 })
            .execute()
        }
      })
    })
    afterAll(() => store.close())

    it('hold what the filters say, page by page', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(filter, { minLength: 1, maxLength: 3 }),
          fc.integer({ min: 1, max: 4 }),
          fc.constantFrom(1, 20, 100),
          async (list, page, size) => {
            const filters = readFilters(list)
            const wanted = living.filter((row) => passes(row, filters, named(filters)))
            const got = await listFilteredKeys(store.read, OF, filters, page, size)
            expect(got.total).toBe(wanted.length)
            expect(got.keys.map(({ id }) => id)).toEqual(
              wanted.slice((page - 1) * size, page * size).map(({ id }) => id),
            )
          },
        ),
        { numRuns: 60 },
      ))

    it('give every tag once, over all pages, whatever number of keys has none that is wanted', async () => {
      const seen: string[] = []
      for (let after: Awaited<ReturnType<typeof listTags>>['next']; ; ) {
        const page = await listTags(taggedKeys(store.read, OF, undefined), { tags: [{ Key: 'b' }], after })
        seen.push(...page.tags.map(({ id, key, value }) => `${id} ${key} ${value}`))
        after = page.next
        if (!after) break
      }
      const wanted = living
        .filter((row) => readTags(row.tags).has('b'))
        .flatMap((row) => [...readTags(row.tags)].map(([key, value]) => `${row.id} ${key} ${value}`))
      expect(wanted.length).toBeGreaterThan(200)
      expect(seen.sort()).toEqual(wanted.sort())
    })

    it('read a bounded number of rows at a time', async () => {
      const lengths: number[] = []
      const counted = store.read.withPlugin({
        transformQuery: ({ node }) => node,
        async transformResult({ result }) {
          lengths.push(result.rows.length)
          return result
        },
      })
      await listFilteredKeys(counted, OF, readFilters([{ Key: 'KeyState', Values: ['Enabled'] }]), 1, 10)
      await listFilteredKeys(counted, OF, readFilters([{ Key: 'TagKey', Values: NAMES }]), 1, 10)
      await listTags(taggedKeys(counted, OF, undefined), { tags: [], after: undefined })
      expect(lengths.length).toBeGreaterThan(4)
      expect(Math.max(...lengths)).toBeLessThanOrEqual(500)
    })

    it('let others have a turn between any two reads, however quick each is', async () => {
      let time = 0
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (time += 20))
      let turns = 0
      let over = false
      const next = () => {
        turns += 1
        if (!over) setImmediate(next)
      }
      const filtered = readFilters([{ Key: 'TagKey', Values: NAMES }])
      const tagged = { tags: [{ Key: 'no such', Value: 'tag' }], after: undefined }
      try {
        setImmediate(next)
        await listFilteredKeys(store.read, OF, filtered, 1, 10)
        const ofKeys = turns
        await listTags(taggedKeys(store.read, OF, undefined), tagged)
        expect(ofKeys).toBeGreaterThanOrEqual(Math.floor(living.length / 500))
        expect(turns - ofKeys).toBeGreaterThanOrEqual(Math.floor((living.length * 3) / 4 / 200))
      } finally {
        over = true
        clock.mockRestore()
      }
    })
  })
}
