import type { Denial } from '../../base/problem.ts'
import type { Caller } from '../../identity/principal.ts'

/** `PolicyType` by the layer that decided (reference/alibaba-ram.md F.4 [C]). */
const POLICY_TYPE: Readonly<Record<Denial['layer'], string>> = {
  organization: 'ControlPolicy',
  session: 'SessionPolicy',
  identity: 'AccountLevelIdentityBasedPolicy',
  resource: 'ResourceBasedPolicy',
  trust: 'AssumeRolePolicy',
}

/** `AuthPrincipalType` by kind of caller. */
const PRINCIPAL_TYPE: Readonly<Record<Caller['kind'], string>> = {
  root: 'RootUser',
  user: 'SubUser',
}

/** Who was refused what, and by which kind of policy (reference/alibaba-ram.md F.4). All values are text. */
export function accessDeniedDetail(denial: Denial, caller: Caller): Readonly<Record<string, string>> {
  return {
    AuthAction: denial.action,
    AuthPrincipalType: PRINCIPAL_TYPE[caller.kind],
    AuthPrincipalOwnerId: caller.account.uid,
    AuthPrincipalDisplayName: caller.ramId,
    NoPermissionType: denial.reason,
    PolicyType: POLICY_TYPE[denial.layer],
  }
}
