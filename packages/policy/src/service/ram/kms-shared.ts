import type { ActionInfo, ResourceType } from '../types.ts'

type Resources = ActionInfo['resources']
const required = (...types: string[]): Resources => types.map((type) => ({ type, required: true }))
const oneOf = (...types: string[]): Resources => types.map((type) => ({ type, required: false }))

export const ofKey = required('key')
export const ofKeys = required('keys')
export const ofAliases = required('aliases')
export const ofSecret = required('secret')
export const ofSecrets = required('secrets')
/** Checked on both, one after the other. */
export const ofAliasAndKey = required('alias', 'key')
/** Checked on the one that the request names. */
export const ofKeyOrSecret = oneOf('key', 'secret')

/** Every authorised call carries the TLS version. */
export const anyCall = ['kms:TlsVersion']
export const anyKey = ['kms:KeyOrigin', 'kms:KeySpec', 'kms:KeyUsage', ...anyCall]
export const taggedKey = ['kms:tag', ...anyKey]
export const anySecret = ['kms:SecretName', 'kms:SecretType', ...anyCall]
export const taggedSecret = ['kms:tag', ...anySecret]
/** Tag calls tell what the key or secret is that they name, but not its tags (reference: alibaba-kms F.4-2). */
export const anyTagged = [...new Set([...anyKey, ...anySecret])]
export const context = ['kms:EncryptionContext', 'kms:EncryptionContextKeys']

/** Names of KMS resources (reference: alibaba-ram A.6). A plural is the container that create and list work on. */
export const kmsResourceTypes: readonly ResourceType[] = [
  { name: 'keys', template: 'acs:kms:{region}:{account}:key' },
  { name: 'key', template: 'acs:kms:{region}:{account}:key/{keyId}' },
  { name: 'aliases', template: 'acs:kms:{region}:{account}:alias' },
  { name: 'alias', template: 'acs:kms:{region}:{account}:alias/{name}' },
  { name: 'secrets', template: 'acs:kms:{region}:{account}:secret' },
  { name: 'secret', template: 'acs:kms:{region}:{account}:secret/{secretName}' },
]
