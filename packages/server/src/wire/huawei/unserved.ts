// Calls that the cloud's services have and this service has not, and why. Who calls one is told so in words, and not that
// there is no such path: clients take that for a thing that is gone.

const secondFactor = 'An access key has no second factor, and there is no console to sign in to.'
const signIn = 'There is no console to sign in to.'
const tokens = 'No tokens are given out: calls are signed with access keys.'
const serviceAgencies = 'No service here acts by an agency, so there is no list of those that could.'
const features = 'There are no features to switch.'
const summary = 'Call GET /v5/groups and GET /v5/users?group_id= for it.'
const federation =
  'Identity providers are not connected: users are declared, and agencies are assumed by users and services.'
const older = 'The same is done by calls of version 5.'
const anyService =
  'A service of any name can be trusted, so there is no list of them: call ListTrustedServices for those that are.'
const tagPolicies = 'There are no tag policies.'
const dryRun = 'A policy is tried with `keyward policy check` before it is attached.'

/** The service that a call is one of, as its errors name it. */
export type Service = 'iam' | 'organizations' | 'sts'

export interface Unserved {
  readonly method: string
  readonly path: string
  /** As the vendor calls it, after the service. */
  readonly operation: `${Service}:${string}`
  readonly why: string
}

type Rows = readonly (readonly [why: string, calls: string])[]

/** `METHOD PATH CALL`, one a line. A test says that every call of the vendor's client stands here or is served. */
const IAM: Rows = [
  [
    secondFactor,
    `
    POST /v5/virtual-mfa-devices CreateVirtualMfaDevice
    DELETE /v5/virtual-mfa-devices DeleteVirtualMfaDevice
    POST /v5/mfa-devices/enable EnableMfaDevice
    POST /v5/mfa-devices/disable DisableMfaDevice
    GET /v5/mfa-devices ListMfaDevices
    `,
  ],
  [
    signIn,
    `
    POST /v5/caller-password ChangePassword
    GET /v5/login-policy ShowLoginPolicy
    PUT /v5/login-policy UpdateLoginPolicy
    GET /v5/password-policy ShowPasswordPolicy
    PUT /v5/password-policy UpdatePasswordPolicy
    `,
  ],
  [
    tokens,
    `
    GET /v5/token-policy ShowTokenPolicy
    PUT /v5/token-policy UpdateTokenPolicy
    `,
  ],
  [
    serviceAgencies,
    `
    GET /v5/service-principals ListServicePrincipals
    `,
  ],
  [
    features,
    `
    GET /v5/features/{feature_name} GetFeatureStatus
    GET /v5/asymmetric-signature-switch GetAsymmetricSignatureSwitch
    PUT /v5/asymmetric-signature-switch SetAsymmetricSignatureSwitch
    `,
  ],
  [summary, 'GET /v5/groups-summary ListGroupsSummary'],
  [
    federation,
    `
    POST /v5/oidc-providers CreateOIDCProvider
    GET /v5/oidc-providers ListOIDCProviders
    GET /v5/oidc-providers/{provider_id} ShowOIDCProvider
    PUT /v5/oidc-providers/{provider_id} UpdateOIDCProvider
    DELETE /v5/oidc-providers/{provider_id} DeleteOIDCProvider
    POST /v5/oidc-providers/{provider_id}/add-client-id AddClientIDToOIDCProvider
    POST /v5/oidc-providers/{provider_id}/remove-client-id RemoveClientIDFromOIDCProvider
    PUT /v5/oidc-providers/{provider_id}/thumbprint UpdateOIDCProviderThumbprint
    POST /v5/saml-providers CreateSAMLProvider
    GET /v5/saml-providers ListSAMLProviders
    GET /v5/saml-providers/{provider_id} ShowSAMLProvider
    PUT /v5/saml-providers/{provider_id} UpdateSAMLProvider
    DELETE /v5/saml-providers/{provider_id} DeleteSAMLProvider
    `,
  ],
]

const STS: Rows = [
  [
    federation,
    `
    POST /v5/agencies/assume-with-oidc AssumeAgencyWithOIDC
    POST /v5/agencies/assume-with-saml AssumeAgencyWithSAML
    `,
  ],
]

const ORGANIZATIONS: Rows = [
  [anyService, 'GET /v1/organizations/services ListServices'],
  [tagPolicies, 'GET /v1/organizations/tag-policy-services ListTagPolicyServices'],
  [
    dryRun,
    `
    GET /v1/organizations/dry-run-config ShowDryRunConfig
    POST /v1/organizations/dry-run-config UpdateDryRunConfig
    POST /v1/organizations/dry-run-policies CreateDryRunPolicy
    GET /v1/organizations/dry-run-policies ListDryRunPolicies
    GET /v1/organizations/dry-run-policies/{policy_id} ShowDryRunPolicy
    PATCH /v1/organizations/dry-run-policies/{policy_id} UpdateDryRunPolicy
    DELETE /v1/organizations/dry-run-policies/{policy_id} DeleteDryRunPolicy
    POST /v1/organizations/dry-run-policies/{policy_id}/attach AttachDryRunPolicy
    POST /v1/organizations/dry-run-policies/{policy_id}/detach DetachDryRunPolicy
    GET /v1/organizations/dry-run-policies/{policy_id}/attached-entities ListEntitiesForDryRunPolicy
    POST /v1/organizations/dry-run-policies/enable EnableDryRunPolicyType
    POST /v1/organizations/dry-run-policies/disable DisableDryRunPolicyType
    `,
  ],
]

function read(service: Service, rows: Rows): Unserved[] {
  return rows.flatMap(([why, calls]) =>
    calls
      .trim()
      .split(/\s*\n\s*/)
      .map((line): Unserved => {
        const [method = '', path = '', name = ''] = line.split(' ')
        return { method, path, operation: `${service}:${name}`, why }
      }),
  )
}

export const unservedCalls: readonly Unserved[] = [
  ...read('iam', IAM),
  ...read('sts', STS),
  ...read('organizations', ORGANIZATIONS),
]

const PATTERNS = unservedCalls.map((call) => ({
  call,
  pattern: new RegExp(`^${call.path.replace(/\{\w+\}/g, '[^/]+')}$`),
}))

/** What IAM had before version 5: by the third part of a path, since there are more than a hundred calls. */
const BEFORE: readonly (readonly [why: string, path: RegExp])[] = [
  [tokens, /^\/v3(\.0)?\/(auth|OS-AUTH)(\/|$)/],
  [secondFactor, /^\/v3\.0\/OS-MFA\//],
  [federation, /^\/v3(\.0|-ext)?\/OS-FEDERATION\//],
  [
    older,
    /^\/v3(\.0|-ext)?\/(users|groups|roles|domains|projects|services|endpoints|regions|OS-[A-Z]{3,20})(\/|$)/,
  ],
]

/** What the caller is told of a call that this service has not, and whose it is; undefined: there is no such call. */
export function findUnserved(
  method: string,
  path: string,
): { readonly operation: string; readonly words: string } | undefined {
  const found = PATTERNS.find(({ call, pattern }) => call.method === method && pattern.test(path))?.call
  if (found) {
    const name = found.operation.split(':')[1]
    return { operation: found.operation, words: `The call ${name} is not offered. ${found.why}` }
  }
  const why = BEFORE.find(([, pattern]) => pattern.test(path))?.[0]
  if (why === undefined) return undefined
  return { operation: 'iam:', words: `Calls of IAM before version 5 are not offered. ${why}` }
}
