import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atOnce } from '../../base/turns.ts'
import { type Entity, entityKey, holds, type StoredEntity } from './entities.ts'
import { changeLine, planDigest as digestOf, planWorld as planOf } from './plan.ts'

const uid = '1'.repeat(16)
const name = fc.constantFrom('a', 'b', 'c')
const text = fc.constantFrom('', 'x', 'y')
const entity = fc.oneof(
  fc.record({
    kind: fc.constant('user' as const),
    name: fc.tuple(name),
    fields: optional({ displayName: text, description: text }),
  }),
  fc.record({
    kind: fc.constant('group' as const),
    name: fc.tuple(name),
    fields: optional({ description: text }),
  }),
  fc.record({ kind: fc.constant('member' as const), name: fc.tuple(name, name), fields: fc.constant({}) }),
  fc.record({
    kind: fc.constant('policy' as const),
    name: fc.tuple(fc.constantFrom('ram', 'iam'), name),
    fields: optional({ document: text, description: text }),
  }),
  fc.record({
    kind: fc.constant('access-key' as const),
    name: fc.tuple(fc.constantFrom('', 'a'), fc.constantFrom('id', 'label'), name),
    fields: optional({ status: fc.constantFrom('active', 'inactive') }),
  }),
)
/** Entities of one account without twins. */
const declared = fc
  .uniqueArray(entity, { maxLength: 8, selector: (t) => entityKey({ ...t, account: uid }) })
  .map((entities) => entities.map((t): Entity => ({ ...t, account: uid })))
const maker = fc.constantFrom('api' as const, 'file' as const)
const current = fc
  .tuple(declared, fc.array(maker, { minLength: 8, maxLength: 8 }))
  .map(([entities, makers]) => entities.map((t, i) => ({ ...store(t), declaredBy: makers[i]! })))

const planWorld = (...of: Parameters<typeof planOf>) => atOnce(planOf(...of))
const planDigest = (...of: Parameters<typeof digestOf>) => atOnce(digestOf(...of))

function optional(fields: Record<string, fc.Arbitrary<string>>) {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>
}

/** An entity as a directory holds it: every field has a value. */
function store(entity: Entity): StoredEntity {
  const empty = { displayName: '', description: '', document: '', status: 'active' }
  return { ...entity, id: entityKey(entity), fields: { ...empty, ...entity.fields } }
}

/** What a plan's changes make of a directory. */
function carryOut(
  entities: readonly StoredEntity[],
  changes: ReturnType<typeof planWorld>['changes'],
): StoredEntity[] {
  const after = new Map(entities.map((t) => [entityKey(t), t]))
  for (const one of changes) {
    const key = entityKey(one.entity)
    if (one.change === 'delete') expect(after.delete(key)).toBe(true)
    if (one.change === 'create') {
      expect(after.has(key)).toBe(false)
      after.set(key, store(one.entity))
    }
    if (one.change === 'update') {
      const old = after.get(key)!
      after.set(key, { ...old, declaredBy: 'file', fields: { ...old.fields, ...one.entity.fields } })
    }
  }
  return [...after.values()]
}

describe('a plan', () => {
  it('carried out, leaves nothing to do', () => {
    fc.assert(
      fc.property(current, declared, fc.boolean(), (was, wanted, prune) => {
        const after = carryOut(was, planWorld(was, wanted, { prune }).changes)
        expect(planWorld(after, wanted, { prune }).changes).toEqual([])
      }),
    )
  })

  it('is empty exactly when what is declared is there, with every declared field, and known to be the file’s', () => {
    const seen = { empty: 0, full: 0 }
    fc.assert(
      fc.property(current, declared, (was, wanted) => {
        const there = new Map(was.map((t) => [entityKey(t), t]))
        const equal = wanted.every((t) => {
          const { fields, declaredBy } = there.get(entityKey(t)) ?? {}
          if (declaredBy === 'api') return false
          return fields !== undefined && Object.entries(t.fields).every(([f, value]) => fields[f] === value)
        })
        const { changes } = planWorld(was, wanted)
        seen[equal ? 'empty' : 'full'] += 1
        expect(changes.length === 0).toBe(equal)
      }),
      { numRuns: 500 },
    )
    expect(seen.empty).toBeGreaterThan(5)
    expect(seen.full).toBeGreaterThan(5)
  })

  it('without a prune deletes nothing; with one, what a file declared, is not named, and nothing hangs on', () => {
    const seen = { deleted: 0, held: 0 }
    fc.assert(
      fc.property(current, declared, fc.boolean(), (was, wanted, all) => {
        const named = new Set(wanted.map(entityKey))
        const others = was.filter((t) => !named.has(entityKey(t)))
        const kept = planWorld(was, wanted)
        expect(kept.changes.filter((c) => c.change === 'delete')).toEqual([])
        expect(new Set(kept.kept)).toEqual(new Set(others))
        const pruneMade = new Set(all ? (['user', 'group'] as const) : [])
        const pruned = planWorld(was, wanted, { prune: true, pruneMade })
        const rootKey = (t: Entity) => t.kind === 'access-key' && t.name[0] === ''
        const theirs = (t: StoredEntity) => t.declaredBy === 'api' && !pruneMade.has(t.kind as 'user')
        let stays = others.filter((t) => rootKey(t) || theirs(t))
        seen.held -= stays.length
        for (let count = -1; count !== stays.length; ) {
          count = stays.length
          const held = [...stays, ...was.filter((t) => named.has(entityKey(t)))].flatMap(holds)
          stays = others.filter((t) => stays.includes(t) || held.includes(entityKey(t)))
        }
        seen.held += stays.length
        seen.deleted += others.length - stays.length
        expect(new Set(pruned.kept)).toEqual(new Set(stays))
        const deleted = pruned.changes.filter((c) => c.change === 'delete').map((c) => c.entity)
        expect(new Set(deleted)).toEqual(new Set(others.filter((t) => !stays.includes(t))))
      }),
      { numRuns: 500 },
    )
    expect(seen.held).toBeGreaterThan(5)
    expect(seen.deleted).toBeGreaterThan(50)
  })

  it('makes what entities hang on first and deletes it last', () => {
    const order = ['account', 'policy', 'group', 'user', 'role', 'member', 'attachment', 'access-key']
    const sorted = (numbers: number[]) => numbers.every((n, i) => i === 0 || numbers[i - 1]! <= n)
    fc.assert(
      fc.property(current, declared, (was, wanted) => {
        const { changes } = planWorld(was, wanted, { prune: true })
        const of = (wants: boolean) =>
          changes.filter((c) => (c.change === 'delete') === wants).map((c) => order.indexOf(c.entity.kind))
        expect(sorted(of(false))).toBe(true)
        expect(sorted(of(true).reverse())).toBe(true)
      }),
    )
  })

  it('leaves what is protected', () => {
    const user = store({ kind: 'user', account: uid, name: ['me'], fields: {} })
    const plan = planWorld([user], [], { prune: true, protect: new Set([entityKey(user)]) })
    expect(plan).toEqual({ changes: [], kept: [user] })
  })

  it('is told in lines', () => {
    const was = [
      store({ kind: 'user', account: uid, name: ['bob'], fields: {} }),
      store({ kind: 'policy', account: uid, name: ['ram', 'UseKeys'], fields: { document: 'x' } }),
      store({ kind: 'access-key', account: uid, name: ['bob', 'id', 'LTAI1'], fields: {} }),
    ]
    const wanted: Entity[] = [
      { kind: 'account', account: uid, name: [], fields: { name: 'main' } },
      { kind: 'user', account: uid, name: ['alice'], fields: {} },
      { kind: 'group', account: uid, name: ['devs'], fields: {} },
      { kind: 'member', account: uid, name: ['devs', 'alice'], fields: {} },
      { kind: 'attachment', account: uid, name: ['group', 'devs', 'ram', 'UseKeys'], fields: {} },
      { kind: 'access-key', account: uid, name: ['alice', 'label', 'laptop'], fields: {} },
      { kind: 'access-key', account: uid, name: ['', 'id', 'LTAI2'], fields: {} },
      { kind: 'policy', account: uid, name: ['ram', 'UseKeys'], fields: { document: 'y' } },
    ]
    expect(planWorld(was, wanted, { prune: true }).changes.map((c) => changeLine(c, 'main'))).toEqual([
      '+ account main',
      '~ ram policy UseKeys: document',
      '+ group devs',
      '+ user alice',
      '+ user alice in group devs',
      '+ ram policy UseKeys on group devs',
      '+ generated access key laptop of user alice',
      '+ access key LTAI2 of root',
      '- access key LTAI1 of user bob',
      '- user bob',
    ])
  })

  it('has one digest for one effect and another for another', () => {
    const plan = (fields: Entity['fields']) =>
      planWorld([], [{ kind: 'user', account: uid, name: ['alice'], fields }])
    const same = (u: string) => u
    expect(planDigest(plan({}), same)).toMatch(/^[0-9a-f]{32}$/)
    expect(planDigest(plan({}), same)).toBe(planDigest(plan({}), same))
    expect(planDigest(plan({}), same)).not.toBe(planDigest(plan({ description: 'x' }), same))
    expect(planDigest(plan({}), same)).not.toBe(planDigest(plan({}), () => 'new other'))
  })
})
