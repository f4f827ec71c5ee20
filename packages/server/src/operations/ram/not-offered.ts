import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import type { IdentityEntity } from '../../identity/problems.ts'
import type { Operation } from '../../pipeline/operation.ts'
import { Input } from './fields.ts'
import { ramRead } from './record.ts'

// Calls that clients and Terraform know, about entities that there are none of here. Reads say so: a list is empty, a look-up
// finds nothing. To make one is refused in words: a device, a provider or a limit that is kept and not gone by would
// promise what nothing keeps.

type Product = 'ims' | 'ram'

const SECOND_FACTOR = 'An access key has no second factor, and there is no console to sign in to.'
const PROVIDER = 'No session is opened by an assertion or a token of an identity provider.'
const KEY_POLICY = 'Say from where an access key may call by a condition on `acs:SourceIp` in a policy.'
const PASSWORD = 'No password is kept: there is no console to sign in to.'

const text = Type.Optional(Type.String({ maxLength: 8192 }))
/** Passwords, codes, and what is too long for an audit entry. */
const hidden = Type.Optional(Secret(Type.String({ maxLength: 200_000 })))
const whole = Type.Optional(Type.Integer())

/** What the calls take; all of it is passed over. */
const FIELDS = {
  VirtualMFADeviceName: text,
  SerialNumber: text,
  UserName: text,
  UserPrincipalName: text,
  AuthenticationCode1: hidden,
  AuthenticationCode2: hidden,
  OldPassword: hidden,
  NewPassword: hidden,
  SAMLProviderName: text,
  OIDCProviderName: text,
  Description: text,
  NewDescription: text,
  EncodedSAMLMetadataDocument: hidden,
  NewEncodedSAMLMetadataDocument: hidden,
  AuthnSignAlgo: text,
  IssuerUrl: text,
  ClientIds: text,
  ClientId: text,
  Fingerprints: text,
  Fingerprint: text,
  IssuanceLimitTime: whole,
  UserAccessKeyId: text,
  AccessKeyPolicy: text,
  AccessKeyPolicyDocument: text,
  Status: text,
  Marker: text,
  MaxItems: whole,
}
type Fields = Readonly<Partial<Record<keyof typeof FIELDS, string | number>>>

interface Common {
  readonly products: readonly Product[]
  readonly action: string
  readonly summary: string
  /** Below `acs:ram:*:UID:`, where the call names something. */
  readonly on: (input: Fields) => string
}

function records({ products, action, summary, on }: Common, end: Ending): Operation[] {
  return products.map((product) =>
    ramRead({
      product,
      action,
      summary,
      input: Input(FIELDS),
      output: Type.Object({}),
      on: [] as const,
      also: (input) => [on(input as Fields)],
      ...('none' in end
        ? { work: () => end.none }
        : {
            refuses: 'missing' in end ? 'IdentityNotFound' : 'UnsupportedOperation',
            work: () => {
              throw refuse(
                'missing' in end
                  ? { code: 'IdentityNotFound', entity: end.missing }
                  : { code: 'UnsupportedOperation', detail: end.because },
              )
            },
          }),
      example: {},
    }),
  )
}

/** How a call ends: with an empty list, with nothing found, or refused. */
type Ending =
  | { readonly none: Readonly<Record<string, unknown>> }
  | { readonly missing: IdentityEntity }
  | { readonly because: string }

const both = ['ram', 'ims'] as const
const ims = ['ims'] as const

/** The user that a call names; `alice@uid.onaliyun.com` is `alice`. */
const ofUser = ({ UserName, UserPrincipalName }: Fields) =>
  `user/${UserName ?? String(UserPrincipalName ?? '*').split('@')[0]}`
const ofDevice = ({ SerialNumber }: Fields) =>
  `mfa/${String(SerialNumber ?? '*')
    .split('/')
    .at(-1)}`
const ofSaml = ({ SAMLProviderName = '*' }: Fields) => `saml-provider/${SAMLProviderName}`
const ofOidc = ({ OIDCProviderName = '*' }: Fields) => `oidc-provider/${OIDCProviderName}`

const devices = [
  ...records(
    {
      products: both,
      action: 'ListVirtualMFADevices',
      summary: 'List MFA devices: there are none',
      on: () => 'mfa/*',
    },
    { none: { IsTruncated: false, VirtualMFADevices: { VirtualMFADevice: [] } } },
  ),
  ...records(
    {
      products: both,
      action: 'CreateVirtualMFADevice',
      summary: 'Refused: there are no MFA devices',
      on: () => 'mfa/*',
    },
    { because: SECOND_FACTOR },
  ),
  ...records(
    {
      products: both,
      action: 'DeleteVirtualMFADevice',
      summary: 'Tell that there is no such MFA device',
      on: ofDevice,
    },
    { missing: 'mfa-device' },
  ),
  ...records(
    { products: both, action: 'BindMFADevice', summary: 'Refused: there are no MFA devices', on: ofUser },
    { because: SECOND_FACTOR },
  ),
  ...['GetUserMFAInfo', 'UnbindMFADevice', 'DisableVirtualMFA'].flatMap((action) =>
    records(
      { products: ims, action, summary: 'Tell that a user has no MFA device', on: ofUser },
      { missing: 'mfa-device' },
    ),
  ),
  ...records(
    { products: ['ram'], action: 'ChangePassword', summary: 'Refused: no passwords are kept', on: () => '*' },
    { because: PASSWORD },
  ),
]

function providers(
  kind: 'OIDC' | 'SAML',
  on: Common['on'],
  entity: IdentityEntity,
  changes: readonly string[],
): Operation[] {
  const name = `${kind}Provider`
  return [
    ...records(
      { products: ims, action: `List${name}s`, summary: `List ${kind} providers: there are none`, on },
      { none: { IsTruncated: false, [`${name}s`]: { [name]: [] } } },
    ),
    ...records(
      { products: ims, action: `Create${name}`, summary: `Refused: there are no ${kind} providers`, on },
      { because: PROVIDER },
    ),
    ...[`Get${name}`, `Update${name}`, `Delete${name}`, ...changes].flatMap((action) =>
      records(
        { products: ims, action, summary: `Tell that there is no such ${kind} provider`, on },
        { missing: entity },
      ),
    ),
  ]
}

const keyPolicies = [
  ...records(
    {
      products: ims,
      action: 'SetAccessKeyPolicy',
      summary: 'Refused: access keys have no policies',
      on: ofUser,
    },
    { because: KEY_POLICY },
  ),
  ...['GetAccessKeyPolicy', 'DeleteAccessKeyPolicy'].flatMap((action) =>
    records(
      { products: ims, action, summary: 'Tell that an access key has no policy', on: ofUser },
      { missing: 'access-key-policy' },
    ),
  ),
]

const all = [
  ...devices,
  ...providers('SAML', ofSaml, 'saml-provider', []),
  ...providers('OIDC', ofOidc, 'oidc-provider', [
    'AddClientIdToOIDCProvider',
    'RemoveClientIdFromOIDCProvider',
    'AddFingerprintToOIDCProvider',
    'RemoveFingerprintFromOIDCProvider',
  ]),
  ...keyPolicies,
]

export const ramNotOffered = all.filter(({ name }) => name.startsWith('ram:'))
export const imsNotOffered = all.filter(({ name }) => name.startsWith('ims:'))
