import fc from 'fast-check'
import { actionInfo } from '../../src/index.ts'
import type { PlainCase, PlainDocument, PlainStatement } from '../reference-evaluator/evaluate.ts'
import { widened } from './everything.ts'
import { iamRows } from './iam.ts'
import type { KeyRow, LanguageRows } from './language.ts'
import { ramRows } from './ram.ts'
import { anyCase, pick, policyValues, requestValues } from './values.ts'

type Conditions = NonNullable<PlainStatement['Condition']>

const oneOrList = (values: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 3, arbitrary: values as fc.Arbitrary<string | string[]> },
    { weight: 1, arbitrary: fc.array(values, { minLength: 1, maxLength: 3 }) },
  )

/** A key as policies write it: its name in any letter case, the tag name as it is. */
function written(name: string): fc.Arbitrary<string> {
  const slash = name.indexOf('/')
  if (name.split(':').length > 2) return fc.constant(name)
  return slash < 0
    ? anyCase(fc.constant(name))
    : anyCase(fc.constant(name.slice(0, slash))).map((head) => head + name.slice(slash))
}

function condition(rows: LanguageRows): fc.Arbitrary<readonly [string, string, string | string[]]> {
  return fc.constantFrom(...rows.keys).chain((key) =>
    fc.constantFrom(...key.kinds).chain((kind) =>
      fc.constantFrom(...rows.operators[kind]).chain((operator) => {
        const plain = key.values && kind === 'string' ? key.values : policyValues[kind]
        return fc.tuple(
          rows.decorate(operator),
          written(key.name),
          oneOrList(operator === 'Null' ? pick('true', 'false', 'FALSE') : plain),
        )
      }),
    ),
  )
}

function conditions(rows: LanguageRows): fc.Arbitrary<Conditions | undefined> {
  const some = fc.array(condition(rows), { minLength: 1, maxLength: 3 }).map((list) => {
    const block: Conditions = {}
    for (const [operator, key, values] of list) block[operator] = { ...block[operator], [key]: values }
    return block
  })
  return fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: some })
}

type Slot = 'identity' | 'session' | 'organization' | 'key' | 'trust'

/** Patterns near one text: itself, parts of it with stars, one letter open, one letter wrong. */
function near(text: string): fc.Arbitrary<string> {
  const characters = Array.from(text)
  return fc
    .tuple(fc.nat(Math.max(0, characters.length - 1)), fc.nat(Math.max(0, characters.length - 1)), fc.nat(5))
    .map(([a, b, how]) => {
      const [from, to] = a < b ? [a, b] : [b, a]
      const part = (open: string) => [...characters.slice(0, from), open, ...characters.slice(to)].join('')
      if (how === 0 || characters[from] === ':') return text
      if (how === 1) return [...characters.slice(0, from), '?', ...characters.slice(from + 1)].join('')
      if (how === 2) return [...characters.slice(0, from), 'z', ...characters.slice(from + 1)].join('')
      return characters.slice(from, to).includes(':') ? text : part('*')
    })
}

/** Actions that a document may name; a random text near one may be none. */
const wellFormed = { ram: /^[^:\s]+:[^:\s]+$/, iam: /^[^:\s]+:[^:\s]*:[^:\s]+$/ }

/** The names that an action has in legacy documents, beside the others. */
function towardNames(language: 'ram' | 'iam', pool: fc.Arbitrary<string>, action: string) {
  const aliases = actionInfo(language, action)?.aliases ?? []
  return aliases.length === 0
    ? pool
    : fc.oneof({ weight: 1, arbitrary: pool }, { weight: 1, arbitrary: fc.constantFrom(...aliases) })
}

const toward = (pool: fc.Arbitrary<string>, text: string) =>
  fc.oneof({ weight: 1, arbitrary: pool }, { weight: 1, arbitrary: near(text) })

function statement(rows: LanguageRows, slot: Slot, legacy: boolean): fc.Arbitrary<PlainStatement> {
  const patterns = legacy
    ? rows.legacyPatterns!
    : slot === 'key'
      ? rows.actionPatterns.filter((pattern) => pattern.toLowerCase().startsWith('kms:'))
      : rows.actionPatterns
  return fc
    .record({
      Effect: pick<'Allow' | 'Deny'>('Allow', 'Allow', 'Allow', 'Deny'),
      action: oneOrList(patterns),
      not: fc.nat(9).map((n) => n === 0),
      resource: oneOrList(rows.resourcePatterns),
      how: fc.nat(9),
      principal: rows.principals,
      Condition: conditions(rows),
    })
    .map(({ Effect, action, not, resource, how, principal, Condition }) => {
      const scpAllow =
        slot === 'organization' && rows.organizationTypes.denyOnlyConditions && Effect === 'Allow'
      const plainAction = !not || slot === 'key' || (slot === 'trust' && rows.name === 'ram') || scpAllow
      const result: PlainStatement = { Effect, [plainAction ? 'Action' : 'NotAction']: action }
      if (slot === 'key') result.Resource = '*'
      else if (slot === 'trust') {
        // A trust policy has no resource.
      } else if (scpAllow) result.Resource = '*'
      else if (how === 0 && rows.notResource && slot !== 'organization') result.NotResource = resource
      else if (how > 2 || !rows.optionalResource)
        result.Resource = how > 7 ? '*' : legacy && how > 6 ? { uri: resource } : resource
      if (slot === 'key' || slot === 'trust') {
        const element = rows.notPrincipal && how > 7 ? 'NotPrincipal' : 'Principal'
        result[element] = principal as NonNullable<PlainStatement['Principal']>
      }
      if (Condition && !scpAllow) result.Condition = Condition
      return result
    })
}

function documents(rows: LanguageRows, slot: Slot, most: number): fc.Arbitrary<PlainDocument[]> {
  const document = fc.boolean().chain((flip) => {
    const legacy = flip && slot === 'identity' && rows.legacyPatterns !== undefined
    return fc
      .array(statement(rows, slot, legacy), { minLength: 1, maxLength: 3 })
      .map((Statement) => ({ Version: legacy ? '1.1' : rows.version, Statement }))
  })
  return fc.array(document, { minLength: 0, maxLength: most })
}

function contextOf(rows: LanguageRows): fc.Arbitrary<Record<string, string | string[]>> {
  const entry = (key: KeyRow) =>
    fc.tuple(written(key.name), fc.constantFrom(...key.kinds)).chain(([name, kind]) => {
      const values = fc.oneof(...(key.values ? [key.values] : []), requestValues[kind])
      const given = key.multi
        ? fc.array(values, { maxLength: 3 })
        : fc.oneof(
            { weight: 12, arbitrary: values },
            { weight: 1, arbitrary: fc.array(values, { maxLength: 2 }) },
          )
      return given.map((value) => [name, value] as const)
    })
  return fc
    .subarray([...rows.keys])
    .chain((keys) => fc.tuple(...keys.map(entry)).map((list) => Object.fromEntries(list)))
}

/** One level allows everything more often than not, so that what lies behind it is reached. */
function levels(rows: LanguageRows): fc.Arbitrary<PlainDocument[][]> {
  const open: PlainDocument = {
    Version: rows.version,
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  }
  const level = fc
    .tuple(documents(rows, 'organization', 1), fc.nat(5))
    .map(([list, n]) => (n > 0 ? [open, ...list] : list))
  return fc.array(level, { minLength: 1, maxLength: 2 })
}

const sometimes = <T>(weight: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary })

function caseOf(narrow: LanguageRows): fc.Arbitrary<PlainCase> {
  return widened(narrow).chain(caseWith)
}

function caseWith(base: LanguageRows): fc.Arbitrary<PlainCase> {
  return fc.tuple(base.actions, base.resources).chain(([action, resource]) => {
    const named = wellFormed[base.name].test(action)
      ? toward(base.actionPatterns, action)
      : base.actionPatterns
    // What the engine knows under another name is asked for by that name too.
    const actionPatterns = named
    const legacyPatterns = base.legacyPatterns && towardNames(base.name, base.legacyPatterns, action)
    const resourcePatterns = /^[^:]+:([^:]*:){3}./.test(resource)
      ? toward(base.resourcePatterns, resource)
      : base.resourcePatterns
    const rows: LanguageRows = {
      ...base,
      actionPatterns,
      resourcePatterns,
      ...(legacyPatterns && { legacyPatterns }),
    }
    const slot = rows.name === 'iam' || /^sts:/i.test(action) ? 'trust' : 'key'
    return fc
      .record({
        identity: sometimes(8, documents(rows, 'identity', 3)),
        resource: sometimes(5, documents(rows, slot, 2)),
        trust: sometimes(1, documents(rows, 'trust', 2)),
        act: sometimes(3, pick<PlainCase['request']['act']>('veto', 'veto', 'call', 'assume')),
        managesOrganization: pick(...Array<boolean>(9).fill(false), true),
        session: sometimes(2, documents(rows, 'session', 2)),
        organization: sometimes(3, levels(rows)),
        callerOrganization: sometimes(1, levels(rows)),
        caller: rows.callers,
        resourceAccount: sometimes(1, pick('1111', 'd'.repeat(32))),
        context: contextOf(rows),
      })
      .map(
        ({
          caller,
          context,
          resourceAccount,
          act,
          managesOrganization,
          resource: attached,
          trust,
          ...policies
        }) => ({
          language: rows.name,
          policies: Object.fromEntries(
            // A resource has a policy or a trust policy, not both.
            Object.entries({ ...policies, ...(trust ? { trust } : { resource: attached }) }).filter(
              ([, value]) => value !== undefined,
            ),
          ),
          request: {
            ...caller,
            ...(act && { act }),
            ...(managesOrganization && { managesOrganization }),
            action,
            resource,
            context,
            ...(resourceAccount !== undefined && { resourceAccount }),
          },
        }),
      )
  })
}

/** Random cases of both languages. Every document in them is one that is accepted on write. */
export const cases: fc.Arbitrary<PlainCase> = fc.oneof(caseOf(ramRows), caseOf(iamRows))
export const ramCases = caseOf(ramRows)
export const iamCases = caseOf(iamRows)
