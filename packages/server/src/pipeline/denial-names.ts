import type { Denial } from '../base/problem.ts'
import type { Caller } from '../identity/principal.ts'

/** `PolicyType` by the layer that decided (reference/alibaba-ram.md F.4 [C]). */
export const POLICY_TYPE: Readonly<Record<Denial['layer'], string>> = {
  organization: 'ControlPolicy',
  session: 'SessionPolicy',
  identity: 'AccountLevelIdentityBasedPolicy',
  resource: 'ResourceBasedPolicy',
  trust: 'AssumeRolePolicy',
}

/** `AuthPrincipalType` by kind of caller. */
export const PRINCIPAL_TYPE: Readonly<Record<Caller['kind'], string>> = {
  root: 'RootUser',
  user: 'SubUser',
  session: 'AssumedRoleUser',
  // Never answered: nobody is answered for what the service does of itself.
  service: 'Service',
}
