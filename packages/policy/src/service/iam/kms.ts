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
})

/** The same key under the other wire's name of the action (design, section 5, "One key, two wires"). */
export const sameKmsAction: readonly (readonly [iam: string, ram: string])[] = [
  ['kms:cmk:create', 'kms:CreateKey'],
  ['kms:cmk:list', 'kms:ListKeys'],
  ['kms:cmk:get', 'kms:DescribeKey'],
  ['kms:cmk:createDataKey', 'kms:GenerateDataKey'],
  ['kms:cmk:createDataKeyWithoutPlaintext', 'kms:GenerateDataKeyWithoutPlaintext'],
  ['kms:cmk:encryptDataKey', 'kms:Encrypt'],
  ['kms:cmk:decryptDataKey', 'kms:Decrypt'],
]
