import type { Denial } from '../../base/problem.ts'
import type { Caller } from '../../identity/principal.ts'
import { POLICY_TYPE, PRINCIPAL_TYPE } from '../../pipeline/denial-names.ts'
import { displayName } from '../../pipeline/diagnosis.ts'

/** Who was refused what, and by which kind of policy (reference/alibaba-ram.md F.4). All values are text. */
export function accessDeniedDetail(denial: Denial, caller: Caller): Readonly<Record<string, string>> {
  return {
    AuthAction: denial.action,
    AuthResource: denial.resource,
    AuthPrincipalType: PRINCIPAL_TYPE[caller.kind],
    AuthPrincipalOwnerId: caller.account.uid,
    AuthPrincipalDisplayName: displayName(caller),
    NoPermissionType: denial.reason,
    PolicyType: POLICY_TYPE[denial.layer],
    ...(denial.diagnostic === undefined ? {} : { EncodedDiagnosticMessage: denial.diagnostic }),
  }
}
