import { expect, it } from 'vitest'
import { atOnce } from '../../base/turns.ts'
import { quotaMistakes } from './quotas.ts'

const attached = (kind: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'attachment' as const,
    name: [kind, 'x', 'iam', `p${i}`],
  }))

it.each(['user', 'group', 'role'])('a %s has at most 20 policies of IAM, as in calls', (kind) => {
  expect(atOnce(quotaMistakes(attached(kind, 20)))).toEqual([])
  expect(atOnce(quotaMistakes(attached(kind, 21))).map(({ entity }) => entity.name[3])).toEqual(['p20'])
})
