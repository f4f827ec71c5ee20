import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateCase, type PolicyCase, prepareCase } from '../case/evaluate-case.ts'
import { explain } from '../decide/explain.ts'

type Value = string | readonly string[] | undefined
type Effect = 'Allow' | 'Deny'

/** Whether a condition on `g:TagKeys` is met, in a statement of the effect. */
function met(operator: string, wanted: readonly string[], actual: Value, effect: Effect): boolean {
  const statement = {
    Effect: effect,
    Action: ['kps::getTask'],
    Condition: { [operator]: { 'g:TagKeys': wanted } },
  }
  const everything = { Effect: 'Allow', Action: ['*'] }
  const entry: PolicyCase = {
    language: 'iam',
    policies: {
      identity: [{ Version: '5.0', Statement: effect === 'Deny' ? [statement, everything] : [statement] }],
    },
    request: {
      principal: 'iam::d:user:a',
      action: 'kps::getTask',
      resource: '*',
      context: actual === undefined ? {} : { 'g:TagKeys': actual },
    },
  }
  return evaluateCase(entry).decision === effect
}

const value = fc.constantFrom('a', 'b', 'ab', 'A', '')
const values = fc.array(value, { minLength: 1, maxLength: 3 })
const some: fc.Arbitrary<Value> = fc.oneof(value, values)
const maybe: fc.Arbitrary<Value> = fc.oneof(fc.constant(undefined), fc.constant([]), some)
const effect = fc.constantFrom<Effect>('Allow', 'Deny')
const operator = fc.constantFrom(
  'StringEquals',
  'StringNotEquals',
  'StringMatch',
  'StringNotEqualsIgnoreCase',
)
const qualifier = fc.constantFrom('', 'ForAnyValue:', 'ForAllValues:')
const listed = (actual: Value): readonly string[] => (typeof actual === 'string' ? [actual] : (actual ?? []))

describe('set operators', () => {
  test('IfExists is met without the key, and else the plain operator', () => {
    fc.assert(
      fc.property(qualifier, operator, values, maybe, effect, (q, o, wanted, actual, e) => {
        const plain = listed(actual).length === 0 || met(`${q}${o}`, wanted, actual, e)
        expect(met(`${q}${o}IfExists`, wanted, actual, e)).toBe(plain)
      }),
      { numRuns: 300 },
    )
  })

  test('Null is whether the key is absent', () => {
    fc.assert(
      fc.property(maybe, effect, fc.boolean(), (actual, e, wanted) => {
        expect(met('Null', [String(wanted)], actual, e)).toBe((listed(actual).length === 0) === wanted)
      }),
      { numRuns: 300 },
    )
  })

  test('ForAnyValue is met by one value alone, ForAllValues by each value alone', () => {
    fc.assert(
      fc.property(operator, values, some, effect, (o, wanted, actual, e) => {
        const each = listed(actual).map((one) => met(o, wanted, one, e))
        expect(met(`ForAnyValue:${o}`, wanted, actual, e)).toBe(each.some((one) => one))
        expect(met(`ForAllValues:${o}`, wanted, actual, e)).toBe(each.every((one) => one))
      }),
      { numRuns: 300 },
    )
  })

  test('a negated operator on one value is met exactly when the plain one is not', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Equals', 'EqualsIgnoreCase', 'Match'),
        values,
        value,
        effect,
        (o, wanted, actual, e) => {
          expect(met(`StringNot${o}`, wanted, actual, e)).toBe(!met(`String${o}`, wanted, actual, e))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('values that cannot be read', () => {
  const entry = (
    Effect: Effect,
    operator: string,
    key: string,
    wanted: string,
    actual: Value,
  ): PolicyCase => {
    const statement = { Effect, Action: 'kms:*', Resource: '*', Condition: { [operator]: { [key]: wanted } } }
    const everything = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
    return {
      language: 'ram',
      policies: {
        identity: [{ Version: '1', Statement: Effect === 'Deny' ? [statement, everything] : [statement] }],
      },
      request: {
        principal: 'acs:ram::1:user/a',
        action: 'kms:ScheduleKeyDeletion',
        resource: 'acs:kms:r:1:key/k',
        context: { [key]: actual },
      },
    }
  }
  const window = 'kms:ScheduleKeyDeletionPendingWindowInDays'

  test.each<[Effect, Value]>([
    ['Allow', ['7', 'x']],
    ['Allow', ['x', '7']],
    ['Allow', 'x'],
    ['Deny', ['8', 'x']],
    ['Deny', ['x', '8']],
    ['Deny', 'x'],
  ])('%s: one of %j spoils the list', (effect, actual) => {
    const one = entry(effect, 'NumericEquals', window, '7', actual)
    expect(evaluateCase(one).decision).toBe('Deny')
    expect(evaluateCase(one).reason).toBe(effect === 'Allow' ? 'ImplicitDeny' : 'ExplicitDeny')
  })

  test('the account says so', () => {
    const { request, layers } = prepareCase(entry('Allow', 'NumericEquals', window, '7', ['7', 'x']))
    const [account] = explain('ram', request, layers).layers.flatMap(({ statements }) => statements)
    expect(account!.failures).toMatchObject([{ element: 'condition', found: 'unreadable' }])
  })

  test('seconds are a date for keys of seconds alone', () => {
    const seconds = entry('Allow', 'DateLessThan', 'acs:CurrentTime', '2030-01-01', '1718841600')
    expect(evaluateCase(seconds).decision).toBe('Deny')
    const written = entry('Allow', 'DateLessThan', 'acs:CurrentTime', '2030-01-01', '2024-06-20')
    expect(evaluateCase(written).decision).toBe('Allow')
  })
})
