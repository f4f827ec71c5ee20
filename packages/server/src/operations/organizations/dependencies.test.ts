import { describe, expect, it } from 'vitest'
import { rootCaller } from '../../identity/callers.ts'
import type { CheckScope } from '../../pipeline/scope.ts'
import { acceptHandshake } from './handshakes.ts'
import { createOrganization } from './organization.ts'

const account = { uid: '1'.repeat(16), domainId: 'd'.repeat(32), projectId: 'p', name: 'main' }
const found = { organization: undefined, standing: 'outside', operator: account.uid, targets: {}, bound: [] }
const actions = (operation: typeof createOrganization, strictDependencies: boolean) => {
  const caller = rootCaller(account, 'AK')
  const scope = { caller, strictDependencies } as CheckScope
  return operation.checks(scope, {}, found).map(({ action, resource, facts }) => [action, resource, facts])
}

describe('making an organization, and accepting an invitation', () => {
  it.each([
    ['organizations:organizations:create', createOrganization],
    ['organizations:handshakes:accept', acceptHandshake],
  ] as const)(
    '%s needs the agency of the service only where every listed action is needed',
    (own, operation) => {
      expect(actions(operation, false).map(([action]) => action)).toEqual([own])
      expect(actions(operation, true)).toEqual([
        [own, '*', {}],
        [
          'iam:agencies:createServiceLinkedAgencyV5',
          `iam::${account.domainId}:agency:service-linked-agency/service.Organizations/ServiceLinkedAgencyForOrganizations`,
          { 'iam:ServicePrincipal': 'service.Organizations' },
        ],
      ])
    },
  )
})
