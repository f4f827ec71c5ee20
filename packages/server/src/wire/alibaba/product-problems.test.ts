import { describe, expect, it } from 'vitest'
import type { Problem } from '../../base/problem.ts'
import { answerProblem } from './problems.ts'

describe('a problem of RAM and STS', () => {
  const invalid = (name: string, detail?: string): Problem => ({
    code: 'InvalidParameter',
    name,
    ...(detail === undefined ? {} : { detail }),
  })
  const malformed: Problem = { code: 'MalformedPolicy', detail: 'Add an Action.' }
  const rows: ['Ram' | 'Sts' | 'Keyward', Problem, string, string][] = [
    ['Sts', invalid('RoleArn'), 'InvalidParameter.RoleArn', 'The parameter RoleArn is wrongly formed.'],
    [
      'Sts',
      invalid('DurationSeconds'),
      'InvalidParameter.DurationSeconds',
      'The Min/Max value of DurationSeconds is 15min/1hr.',
    ],
    [
      'Sts',
      malformed,
      'InvalidParameter.PolicyGrammar',
      'The parameter Policy has not passed grammar check.',
    ],
    ['Ram', malformed, 'MalformedPolicyDocument', 'Add an Action.'],
    ['Keyward', malformed, 'MalformedPolicyDocument', 'Add an Action.'],
    [
      'Ram',
      invalid('PolicyType'),
      'InvalidParameter.PolicyType',
      'The parameter - "PolicyType" is incorrect.',
    ],
    [
      'Ram',
      invalid('VersionId'),
      'InvalidParameter.VersionId.Format',
      'The format of the parameter - "VersionId" is incorrect.',
    ],
    [
      'Ram',
      invalid('constructor', 'is unknown.'),
      'InvalidParameter',
      'The specified parameter "constructor" is not valid. is unknown.',
    ],
  ]
  it.each(rows)('%s: %o', (product, problem, code, message) => {
    expect(answerProblem(problem, { product })).toMatchObject({ status: 400, code, message })
  })
})
