import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { looksSealed } from '../../identity/sealed-text.ts'
import { POLICY_TYPE, PRINCIPAL_TYPE } from '../../pipeline/denial-names.ts'
import type { Diagnosis, MatchedStatement } from '../../pipeline/diagnosis.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { openOwn } from './own-diagnosis.ts'

/** How long a message says why: policies that it names may have changed since. */
const LIFETIME = 30 * 24 * 60 * 60 * 1000

const Texts = Type.Array(Type.String())

/** Opens the message of a refusal (reference: alibaba-ram.md F.4). */
export const decodeDiagnosticMessage = readOperation({
  name: 'ram:DecodeDiagnosticMessage',
  summary: 'Show why a call was refused',
  effect: 'read',
  input: Type.Object(
    { EncodedDiagnosticMessage: Type.String({ minLength: 1, maxLength: 10_240 }) },
    { additionalProperties: false },
  ),
  output: Type.Object({
    DecodedDiagnosticMessage: Type.Object({
      ExplicitDeny: Type.Boolean(),
      NoPermissionPolicyType: Type.String(),
      AuthAction: Type.String(),
      AuthResource: Type.String(),
      AuthPrincipal: Type.Object({
        AuthPrincipalType: Type.String(),
        AuthPrincipalOwnerId: Type.String(),
        AuthPrincipalDisplayName: Type.String(),
      }),
      AuthConditions: Type.Array(Type.Object({ ConditionKey: Type.String(), ConditionValues: Texts })),
      MatchedPolicies: Type.Array(
        Type.Object({
          PolicyIdentifier: Type.String(),
          PolicyType: Type.String(),
          PolicyVersion: Type.String(),
          Effect: Type.String(),
          AttachedScope: Type.String(),
          AttachedEntityType: Type.String(),
        }),
      ),
      /** Statements that would have allowed but for one element; not in the cloud's answer. */
      NearMisses: Type.Array(
        Type.Object({
          Policy: Type.String(),
          Statement: Type.String(),
          Layer: Type.String(),
          Failed: Type.String(),
        }),
      ),
    }),
  }),
  resolve: () => undefined,
  checks: ({ caller }) => [
    {
      language: 'ram',
      action: 'ram:DecodeDiagnosticMessage',
      resource: '*',
      owner: caller.account.uid,
      facts: {},
    },
  ],
  work(scope, { EncodedDiagnosticMessage }) {
    const diagnosis = openOwn(scope, EncodedDiagnosticMessage)
    if (!diagnosis) {
      const reason = looksSealed(EncodedDiagnosticMessage) ? 'foreign' : 'garbage'
      throw refuse({ code: 'UndecodableMessage', reason })
    }
    if (scope.clock.now() - Date.parse(diagnosis.time) > LIFETIME)
      throw refuse({ code: 'UndecodableMessage', reason: 'expired' })
    return { DecodedDiagnosticMessage: decoded(diagnosis) }
  },
  example: { EncodedDiagnosticMessage: '{identity.diagnosticMessage}' },
})

function decoded(diagnosis: Diagnosis) {
  const { account, action, caller, conditions, layer, matched, nearMisses, reason, resource } = diagnosis
  return {
    ExplicitDeny: reason === 'ExplicitDeny',
    NoPermissionPolicyType: POLICY_TYPE[layer],
    AuthAction: action,
    AuthResource: resource,
    AuthPrincipal: {
      AuthPrincipalType: PRINCIPAL_TYPE[caller.kind],
      AuthPrincipalOwnerId: account.uid,
      AuthPrincipalDisplayName: caller.displayName,
    },
    AuthConditions: conditions.map(({ key, values }) => ({
      ConditionKey: key,
      ConditionValues: [...values],
    })),
    MatchedPolicies: matched.map((one) => ({
      PolicyIdentifier: one.policy,
      PolicyType: one.builtIn === true ? 'System' : 'Custom',
      // Policies have no versions here: each is its first.
      PolicyVersion: 'v1',
      Effect: one.effect,
      AttachedScope: one.layer === 'organization' && one.lastLevel !== true ? 'Folder' : 'Account',
      AttachedEntityType: entityOf(one),
    })),
    NearMisses: nearMisses.map(({ policy, statement, layer: of, failed }) => ({
      Policy: policy,
      Statement: statement,
      Layer: of,
      Failed: JSON.stringify(failed),
    })),
  }
}

const ENTITIES = { user: 'RamUser', group: 'RamGroup', role: 'RamRole' } as const

/** What a policy is attached to; empty for one that comes with the resource or the session. */
function entityOf({ entity, layer }: MatchedStatement): string {
  if (layer === 'organization') return 'ResourceDirectoryTarget'
  return entity === undefined ? '' : ENTITIES[entity]
}
