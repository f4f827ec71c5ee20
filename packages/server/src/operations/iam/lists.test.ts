import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { attachPolicies } from '../../identity/attachments.ts'
import { addMembers, createGroups } from '../../identity/groups.ts'
import { createPolicies } from '../../identity/policies.ts'
import { insertRows } from '../../identity/rows.ts'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { createUsers } from '../../identity/users.ts'
import type { ReadOperation } from '../../pipeline/operation.ts'
import type { ReadHandle } from '../../store/store.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { organizationOperations } from '../organizations/index.ts'
import { ramOperations } from '../ram/index.ts'
import { resourceManagerOperations } from '../resourcemanager/index.ts'
import { iamOperations } from './index.ts'

// Lists of an account of ten thousand users, and of an organization of as many members: a page reads what it shows, and one
// row more.

const USERS = 10_000
const GROUP = 'a'.repeat(32)
const POLICY = 'b'.repeat(32)
const ROOT = 'root000000'
const idOf = (i: number) => String(i).padStart(32, '0')
const uidOf = (i: number) => String(1_000_000_000_000_000 + i)
const all = Array.from({ length: USERS }, (_, i) => i)

const databases = await testDatabases()

/** A handle on the store that tells what was asked of it, and how many rows it gave. */
function spyOn(db: ReadHandle) {
  const seen = { rows: 0, asked: [] as CompiledQuery[] }
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      seen.asked.push(db.getExecutor().compileQuery(node as RootOperationNode, queryId))
      return node
    },
    async transformResult({ result }) {
      seen.rows += result.rows.length
      return result
    },
  }
  return { seen, db: db.withPlugin(plugin) }
}

/** What the database itself says that it reads for a query; 0 where it only says that it goes along an index. */
async function rowsRead(fixture: Fixture, { sql, parameters }: CompiledQuery): Promise<number> {
  const explain = fixture.store.kind === 'sqlite' ? 'explain query plan' : 'explain (analyze, format json)'
  const { rows } = await fixture.store.read.executeQuery(
    CompiledQuery.raw(`${explain} ${sql}`, [...parameters]),
  )
  if (fixture.store.kind === 'sqlite') {
    const plan = (rows as { detail: string }[]).map(({ detail }) => detail)
    expect(plan.filter((line) => /TEMP B-TREE|^SCAN (?!organizations\b)/.test(line))).toEqual([])
    return 0
  }
  const [{ Plan }] = (rows as { 'QUERY PLAN': [{ Plan: PlanNode }] }[])[0]!['QUERY PLAN']
  return leavesOf(Plan)
}

interface PlanNode {
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

function leavesOf(node: PlanNode): number {
  if (node.Plans) return node.Plans.map(leavesOf).reduce((a, b) => a + b, 0)
  return (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
}

const operations = [
  ...iamOperations,
  ...ramOperations,
  ...organizationOperations,
  ...resourceManagerOperations,
]

/** A call as the pipeline makes it once it is decided: what it answers, and what it read. */
async function call(fixture: Fixture, name: string, input: object, explained = true) {
  // biome-ignore lint/suspicious/noExplicitAny: of any operation
  const operation = operations.find((one) => one.name === name) as ReadOperation<any, any, any>
  const { seen, db } = spyOn(fixture.store.read)
  const scope = { caller: fixture.root, store: { read: db }, clock: systemClock } as never
  const targets = await operation.resolve(scope, input)
  const before = { ...seen, asked: seen.asked.length }
  const output = await operation.work(scope, input, targets, new Set() as never)
  const asked = seen.asked.slice(before.asked)
  let read = 0
  if (explained) for (const query of asked) read += await rowsRead(fixture, query)
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers
  return { output: output as any, rows: seen.rows - before.rows, queries: asked.length, read }
}

for (const database of databases)
  describe.skipIf(database.missing)(`on ${database.name}`, () => {
    let fixture: Fixture
    beforeAll(async () => {
      fixture = await openFixture({ url: await database.fresh() })
      const { uid } = fixture.root.account
      const author = { now: 1, by: 'file' } as const
      const users = all.map((i) => ({
        id: idOf(i),
        ramId: idOf(i),
        name: `user-${String(i).padStart(5, '0')}`,
      }))
      const row = { created_at: 1, version: 1, declared_by: 'file' }
      await fixture.store.write(async (tx) => {
        await createUsers(tx, uid, users, author)
        await createGroups(tx, uid, [{ id: GROUP, name: 'everyone' }], author)
        const document = '{"Version":"5.0","Statement":[]}'
        await createPolicies(tx, uid, [{ id: POLICY, language: 'iam', name: 'p', document }], author)
      })
      await fixture.store.write(async (tx) => {
        const members = users.map(({ id }) => ({ group: GROUP, user: id }))
        await addMembers(tx, uid, members, author)
        const attached = users.map(({ id }) => ({ policy: POLICY, kind: 'user' as const, target: id }))
        await attachPolicies(tx, uid, attached, author)
      })
      await fixture.store.write(async (tx) => {
        const root = { ...row, id: ROOT, parent_id: '', name: 'root', tags: '{}' }
        await insertRows(tx, 'organization_folders', [root])
        const organization = { id: 'o000000000', management_uid: uid, created_at: 1, version: 1 }
        await insertRows(tx, 'organizations', [
          { ...organization, number: 1, ram_enabled: 1, iam_enabled: 1 },
        ])
        const accounts = all.map((i) => ({ id: uidOf(i), domain_id: idOf(i), project_id: idOf(i) }))
        const named = accounts.map((account, i) => ({
          ...row,
          ...account,
          closed_at: 0,
          name: `member-${i}`,
        }))
        await insertRows(tx, 'accounts', named)
      })
      await fixture.store.write(async (tx) => {
        const ids = [uid, ...all.map(uidOf)]
        const member = {
          ...row,
          folder_id: ROOT,
          tags: '{}',
          description: '',
          updated_at: 1,
          joined: 'created',
        }
        await insertRows(
          tx,
          'organization_members',
          ids.map((account_uid) => ({ ...member, account_uid })),
        )
        const scp = { policy_id: 'system/iam/FullAccess', language: 'iam', created_at: 1 }
        const control = { policy_id: 'system/ram/FullAliyunAccess', language: 'ram', created_at: 1 }
        const attached = [...ids, ROOT].flatMap((target_id) => [
          { ...scp, target_id },
          { ...control, target_id },
        ])
        await insertRows(tx, 'organization_attachments', attached)
      })
      if (database.name === 'postgres')
        await fixture.store.read.executeQuery(CompiledQuery.raw('analyze', []))
    }, 60_000)
    afterAll(() => fixture.close())

    const SHOWN = 20
    it.each([
      ['iam:ListUsers', { limit: SHOWN }, 1],
      ['iam:ListUsers', { limit: SHOWN, group_id: GROUP }, 2],
      ['iam:ListEntitiesForPolicy', { limit: SHOWN, policy_id: POLICY }, 1],
      ['iam:ListEntitiesForPolicy', { limit: SHOWN, policy_id: POLICY, entity_type: 'user' }, 1],
      ['ram:ListUsers', { MaxItems: SHOWN }, 1],
      ['ram:ListUsersForGroup', { MaxItems: SHOWN, GroupName: 'everyone' }, 1],
      // Closed accounts stand in a table of their own.
      ['organizations:ListAccounts', { limit: SHOWN }, 2],
      ['organizations:ListAccounts', { limit: SHOWN, parent_id: `r-${ROOT}` }, 1],
      ['organizations:ListCreateAccountStatuses', { limit: SHOWN }, 1],
      ['organizations:ListEntities', { limit: SHOWN }, 2],
      ['organizations:ListEntities', { limit: SHOWN, parent_id: `r-${ROOT}` }, 2],
      ['organizations:ListEntitiesForPolicy', { limit: SHOWN, policy_id: 'p-FullAccess' }, 3],
    ])('%s of %j reads what it shows', async (name, input, most) => {
      const first = await call(fixture, name, input)
      const marker = first.output.page_info?.next_marker ?? first.output.Marker
      expect(marker).toBeTypeOf('string')
      const next = await call(fixture, name, {
        ...input,
        ...(name.startsWith('ram:') ? { Marker: marker } : { marker }),
      })
      for (const { rows, queries, read } of [first, next]) {
        expect(queries).toBeLessThanOrEqual(most)
        expect(rows).toBeGreaterThanOrEqual(SHOWN)
        expect(rows).toBeLessThanOrEqual(2 * SHOWN + 3)
        // The database's own count: of a join, each side.
        expect(read).toBeLessThanOrEqual(4 * SHOWN + 10)
      }
      expect(next.output).not.toEqual(first.output)
    })

    it.each([
      ['resourcemanager:ListAccounts', { PageSize: SHOWN, PageNumber: 7 }],
      ['resourcemanager:ListAccountsForParent', { PageSize: SHOWN, PageNumber: 7 }],
      [
        'resourcemanager:ListTargetAttachmentsForControlPolicy',
        { PageSize: SHOWN, PageNumber: 7, PolicyId: 'FullAliyunAccess' },
      ],
    ])('%s counts in the database and reads the page', async (name, input) => {
      const { output, rows, queries } = await call(fixture, name, input, false)
      expect(output).toMatchObject({ PageNumber: 7, PageSize: SHOWN })
      expect(output.TotalCount).toBeGreaterThanOrEqual(USERS)
      expect([rows <= 2 * SHOWN + 3, queries <= 4]).toEqual([true, true])
    })

    it('shows each user once, page after page', async () => {
      const shown: string[] = []
      for (let marker: string | undefined, more = true; more; more = marker !== undefined) {
        const { output } = await call(fixture, 'iam:ListUsers', { limit: 200, ...(marker && { marker }) })
        shown.push(...output.users.map((user: { user_id: string }) => user.user_id))
        marker = output.page_info.next_marker
      }
      expect(shown).toEqual(all.map(idOf))
    })
  })
