import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compilePolicies,
  type Decision,
  decide,
  evaluateCase,
  explain,
  type PolicyCase,
  prepareCase,
} from '../src/index.ts'
import { difference } from './differential.ts'
import { cases } from './generate/case.ts'
import type { PlainCase, PlainDocument, PlainStatement } from './reference-evaluator/evaluate.ts'

/** Each run tries other cases; the seed of a failing one is printed by fast-check, and can be set here. */
const seed = Number(process.env.POLICY_SEED ?? Date.now() % 2 ** 31)
/** Mutants get a share of the runs and no search for the smallest case: there are thousands of them. */
const share = Number(process.env.POLICY_SHARE ?? 1)
const runs = (numRuns: number) => ({ seed, numRuns: Math.ceil(numRuns * share), endOnFailure: share < 1 })
const outcome = (entry: PlainCase): Decision => evaluateCase(entry as PolicyCase).by!

const everywhere: PlainStatement = { Effect: 'Deny', Action: '*', Resource: '*' }
const documentOf = (entry: PlainCase, ...Statement: PlainStatement[]): PlainDocument => ({
  Version: entry.language === 'ram' ? '1' : '5.0',
  Statement,
})
const withPolicies = (entry: PlainCase, policies: Partial<PlainCase['policies']>): PlainCase => ({
  ...entry,
  policies: { ...entry.policies, ...policies },
})
/** Identity documents that other cases hold, so that what is added is as odd as what is there. */
const sameLanguage = fc
  .tuple(cases, cases)
  .filter(([a, b]) => a.language === b.language && (b.policies.identity?.length ?? 0) > 0)
const effectOnly = (documents: readonly PlainDocument[], effect: 'Allow' | 'Deny') =>
  documents.map((document) => ({
    ...document,
    Statement: (document.Statement as PlainStatement[]).map((statement) => ({
      ...statement,
      Effect: effect,
    })),
  }))

describe('laws of decisions', () => {
  test('both evaluators decide alike', () => {
    fc.assert(
      fc.property(cases, (entry) => {
        expect(difference(entry)).toBeUndefined()
      }),
      runs(2_500),
    )
  })

  test('adding a Deny never allows', () => {
    fc.assert(
      fc.property(sameLanguage, ([entry, other]) => {
        const denies = effectOnly(other.policies.identity!, 'Deny')
        const more = withPolicies(entry, { identity: [...(entry.policies.identity ?? []), ...denies] })
        expect(outcome(more).allowed && !outcome(entry).allowed).toBe(false)
      }),
      runs(800),
    )
  })

  test('adding an Allow never denies', () => {
    fc.assert(
      fc.property(sameLanguage, ([entry, other]) => {
        const allows = effectOnly(other.policies.identity!, 'Allow')
        const more = withPolicies(entry, { identity: [...(entry.policies.identity ?? []), ...allows] })
        expect(outcome(entry).allowed && !outcome(more).allowed).toBe(false)
      }),
      runs(800),
    )
  })

  test('adding a control policy or SCP level, or a session policy, never allows', () => {
    fc.assert(
      fc.property(cases, cases, (entry, other) => {
        fc.pre(entry.language === other.language)
        const levels = [...(entry.policies.organization ?? []), ...(other.policies.organization ?? [])]
        const bound = withPolicies(entry, { organization: levels })
        expect(outcome(bound).allowed && !outcome(entry).allowed).toBe(false)
        if (entry.policies.session || !other.policies.session) return
        const inSession = withPolicies(entry, { session: other.policies.session })
        expect(outcome(inSession).allowed && !outcome(entry).allowed).toBe(false)
      }),
      runs(800),
    )
  })

  test('a Deny of everything in a layer denies whomever that layer binds', () => {
    fc.assert(
      fc.property(cases, (entry) => {
        const denied = withPolicies(entry, { identity: [documentOf(entry, everywhere)] })
        const { allowed, layer } = outcome(denied)
        // No identity policy is about the root user of the iam language, and none about what is free.
        const root = entry.request.root === true || entry.request.principal.endsWith(':root')
        const unbound = layer === 'none' || (root && entry.language === 'iam')
        expect(allowed && layer !== 'root' && !unbound).toBe(false)
      }),
      runs(700),
    )
  })

  test('order and duplicates of statements, documents and values do not matter', () => {
    const turned = <T>(list: readonly T[]) => [...list].reverse()
    const twice = <T>(list: readonly T[]) => [...list, ...turned(list)]
    const values = (one: unknown) => (Array.isArray(one) ? twice(one) : one)
    const statement = (s: PlainStatement): PlainStatement =>
      Object.fromEntries(
        turned(Object.entries(s)).map(([name, value]) => [
          name,
          name === 'Condition' ? value : values(value),
        ]),
      ) as unknown as PlainStatement
    const documents = (list: readonly PlainDocument[]) =>
      twice(list).map((d) => ({ ...d, Statement: twice(d.Statement as PlainStatement[]).map(statement) }))
    fc.assert(
      fc.property(cases, (entry) => {
        const shuffled = withPolicies(
          entry,
          Object.fromEntries(
            Object.entries(entry.policies).map(([layer, list]) => [
              layer,
              /rganization/.test(layer)
                ? (list as PlainDocument[][]).map(documents)
                : documents(list as PlainDocument[]),
            ]),
          ),
        )
        // Twice the text may be longer than a document can be.
        fc.pre(evaluateCase(shuffled as PolicyCase).refused.length === 0)
        const { allowed, reason, layer, level } = outcome(entry)
        expect(outcome(shuffled)).toMatchObject({
          allowed,
          reason,
          layer,
          ...(level !== undefined && { level }),
        })
      }),
      runs(700),
    )
  })

  test('nothing is allowed by no policy, save to the root identity of the owner and what is free', () => {
    fc.assert(
      fc.property(cases, (entry) => {
        const { allowed, layer } = outcome({ ...entry, policies: {} })
        expect(!allowed || layer === 'root' || layer === 'none').toBe(true)
      }),
      runs(500),
    )
  })

  test('a decision is the same the second time, and through the policies compiled together or one by one', () => {
    fc.assert(
      fc.property(cases, (entry) => {
        const { request, layers } = prepareCase(entry as PolicyCase)
        const first = decide(entry.language, request, layers)
        expect(decide(entry.language, request, layers)).toEqual(first)
      }),
      runs(500),
    )
  })
})

describe('laws of explanations', () => {
  test('explain agrees with decide, statement by statement', () => {
    fc.assert(
      fc.property(cases, (entry) => {
        const { request, layers } = prepareCase(entry as PolicyCase)
        const decision = decide(entry.language, request, layers)
        const explained = explain(entry.language, request, layers)
        expect(explained.decision).toEqual(decision)
        const same = explained.layers.filter(
          (one) =>
            one.layer === decision.layer &&
            one.level === decision.level &&
            one.organizationOf === decision.organizationOf,
        )
        if (decision.statement !== undefined) {
          const by = same
            .flatMap((one) => one.statements)
            .filter((s) => s.applied && s.effect === (decision.allowed ? 'Allow' : 'Deny'))
          expect(by.map((s) => `${s.policy} ${s.statement}`)).toContain(
            `${decision.policy} ${decision.statement}`,
          )
        } else if (!decision.allowed && explained.changes.at(-1)!.change !== 'impossible') {
          // Silence: no statement of the layer applied at all.
          for (const one of same) expect(one.says).toBe('nothing')
        }
      }),
      runs(1_500),
    )
  })

  test('the smallest change allows, and no part of it can be left out', () => {
    fc.assert(
      fc.property(cases, (entry) => {
        const prepared = prepareCase(entry as PolicyCase)
        const { decision, changes } = explain(entry.language, prepared.request, prepared.layers)
        expect(changes.length === 0).toBe(decision.allowed)
        // No key policy can name the action of another service.
        fc.pre(!decision.allowed && !/^oss:/i.test(entry.request.action))
        fc.pre(evaluateCase(changed(entry, changes) as PolicyCase).refused.length === 0)
        if (changes.at(-1)!.change === 'impossible') {
          expect(outcome(changed(entry, changes)).allowed).toBe(false)
          return
        }
        expect(outcome(changed(entry, changes)).allowed).toBe(true)
        for (const left of changes) {
          expect(
            outcome(
              changed(
                entry,
                changes.filter((one) => one !== left),
              ),
            ).allowed,
          ).toBe(false)
        }
      }),
      runs(700),
    )
  })
})

/** The case with the changes made to its documents. */
function changed(entry: PlainCase, changes: ReturnType<typeof explain>['changes']): PlainCase {
  const policies = structuredClone(entry.policies) as Record<string, PlainDocument[] | PlainDocument[][]>
  for (const change of changes.filter((one) => one.change === 'lift')) {
    const [, where, , level, index] = /^(\w+)(\[(\d+)\])?\[(\d+)\]$/.exec(change.policy)!
    const list =
      level === undefined
        ? (policies[where!] as PlainDocument[])
        : (policies[where!] as PlainDocument[][])[Number(level)]!
    const document = list[Number(index)]!
    const statement = (document.Statement as PlainStatement[])[Number(change.statement.slice(1))]!
    // Kept in its place, so that the numbers of the others hold.
    statement.Condition = {
      ...(entry.language === 'ram'
        ? { StringEquals: { 'acs:UserAgent': 'nobody' } }
        : { StringEquals: { 'g:UserAgent': 'nobody' } }),
    }
  }
  for (const change of changes.filter((one) => one.change === 'allow')) {
    const document = documentOf(entry, change.statement as unknown as PlainStatement)
    const { layer, level, organizationOf } = change.place
    if (layer === 'organization') {
      const levels = policies[
        organizationOf === 'caller' ? 'callerOrganization' : 'organization'
      ] as PlainDocument[][]
      levels[level!]!.push(document)
    } else {
      const name = layer === 'resource' && policies.trust ? 'trust' : layer
      policies[name] = [...((policies[name] as PlainDocument[] | undefined) ?? []), document]
    }
  }
  return { ...entry, policies: policies as PlainCase['policies'] }
}

test('policies of the other language are no policies of this one', () => {
  const { layers } = prepareCase({
    language: 'iam',
    policies: {},
    request: { principal: 'iam::d:user:a', action: 'kps::getTask', resource: '*' },
  })
  expect(layers).toEqual({})
  expect(() =>
    compilePolicies('ram', [
      { name: 'p', document: { language: 'iam', type: 'identity', version: '5.0', statements: [] } },
    ]),
  ).toThrow(TypeError)
})
