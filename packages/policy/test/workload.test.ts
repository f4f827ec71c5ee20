import { expect, test } from 'vitest'
import { decide, type PolicyCase, prepareCase } from '../src/index.ts'
import { evaluatePlainly, type PlainCase } from './reference-evaluator/evaluate.ts'
import { workload } from './workload.ts'

test.each([10, 100, 400])('the workload of the benchmark decides alike: %i statements', (count) => {
  const { documents, session, resource, organization, requests } = workload(count, 150, count)
  let allowed = 0
  const policies = { identity: documents, session, resource, organization }
  const compiled = prepareCase({
    language: 'ram',
    policies,
    request: { principal: requests[0]!.user, action: 'kms:Encrypt', resource: '*' },
  } as PolicyCase)
  expect(compiled.refused).toEqual([])
  for (const { user, action, resource: name, context } of requests) {
    const request = { principal: user, action, resource: name, context }
    const entry: PlainCase = { language: 'ram', policies, request }
    const prepared = prepareCase({ language: 'ram', policies: {}, request })
    const decision = decide('ram', prepared.request, compiled.layers)
    const plain = evaluatePlainly(entry)
    expect([decision.allowed ? 'Allow' : 'Deny', decision.reason, decision.layer]).toEqual([
      plain.decision,
      plain.reason,
      plain.layer,
    ])
    if (decision.allowed) allowed++
  }
  // The workload is one in which both answers are common.
  expect(allowed).toBeGreaterThan(50)
  expect(allowed).toBeLessThan(150)
})
