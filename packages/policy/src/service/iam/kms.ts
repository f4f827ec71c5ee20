import type { LanguageName } from '../../decide/types.ts'
import { action } from '../build.ts'
import type { ServiceInfo } from '../types.ts'

const resources = [{ type: 'KeyId', required: true }]

/** Key management as KPS and its clients need it. Legacy policies know data keys as `kms:dek:...`. */
export const kms: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'kms',
  title: 'Key Management Service',
  actions: [
    action('kms:cmk:create', 'Write', 'Create a key.', { resources, aliases: ['kms:cmk:create'] }),
    action('kms:cmk:list', 'List', 'List keys.', { resources, aliases: ['kms:cmk:list'] }),
    action('kms:cmk:get', 'Read', 'Read the attributes of a key.', { resources, aliases: ['kms:cmk:get'] }),
    action('kms:cmk:createDataKey', 'Write', 'Generate a data key.', {
      resources,
      aliases: ['kms:dek:create'],
    }),
    action('kms:cmk:createDataKeyWithoutPlaintext', 'Write', 'Generate a data key, encrypted only.', {
      resources,
      aliases: ['kms:dek:create'],
    }),
    action('kms:cmk:encryptDataKey', 'Write', 'Encrypt a data key.', {
      resources,
      aliases: ['kms:dek:encrypt', 'kms:dek:crypto'],
    }),
    action('kms:cmk:decryptDataKey', 'Write', 'Decrypt a data key.', {
      resources,
      aliases: ['kms:dek:decrypt', 'kms:dek:crypto'],
    }),
  ],
  resourceTypes: [{ name: 'KeyId', template: 'kms:{region}:{account}:KeyId:{keyId}' }],
  conditionKeys: [],
  missing: 'actions',
})

/** The same key under the other wire's name of the action (design, section 5, "One key, two wires"). */
export const sameKmsAction: readonly Readonly<Record<LanguageName, string>>[] = [
  { iam: 'kms:cmk:create', ram: 'kms:CreateKey' },
  { iam: 'kms:cmk:list', ram: 'kms:ListKeys' },
  { iam: 'kms:cmk:get', ram: 'kms:DescribeKey' },
  { iam: 'kms:cmk:createDataKey', ram: 'kms:GenerateDataKey' },
  { iam: 'kms:cmk:createDataKeyWithoutPlaintext', ram: 'kms:GenerateDataKeyWithoutPlaintext' },
  { iam: 'kms:cmk:encryptDataKey', ram: 'kms:Encrypt' },
  { iam: 'kms:cmk:decryptDataKey', ram: 'kms:Decrypt' },
]
