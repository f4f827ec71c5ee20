import { action, conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'

const keypair = [{ type: 'SSHKeyPair', required: true }]

/** What putting a key pair on a shut-off server, or taking it off, needs of the same caller. */
export const hostActions: readonly string[] = [
  'ecs:cloudServers:createServers',
  'ecs:cloudServers:deleteServers',
  'ecs:cloudServers:showServer',
  'ecs:cloudServers:attach',
  'ecs:cloudServers:listServerBlockDevices',
  'ecs:cloudServers:showServerBlockDevice',
  'ecs:cloudServers:detachVolume',
  'ecs:cloudServers:listServerInterfaces',
  'ecs:cloudServers:listServersDetails',
  'ecs:cloudServerFlavors:get',
  'ecs:cloudServerQuotas:get',
  'evs:types:get',
  'evs:volumes:use',
  'ims:images:get',
  'vpc:subnets:list',
]

/** Key Pair Service (seed: kps-authorization; reference: huawei-kps C). */
export const kps: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'kps',
  title: 'Key Pair Service',
  actions: [
    action('kps:SSHKeyPair:create', 'Write', 'Create or import a key pair.', {
      resources: keypair,
      conditionKeys: ['kps:KmsKeyId', 'kps:Algorithm'],
      aliases: ['kps:domainKeypairs:create'],
      dependencies: ['kms:cmk:createDataKey', 'kms:cmk:list'],
      operations: ['POST /v3/{project_id}/keypairs'],
    }),
    action('kps:SSHKeyPair:delete', 'Write', 'Delete a key pair.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:delete'],
      operations: ['DELETE /v3/{project_id}/keypairs/{keypair_name}'],
    }),
    action('kps:SSHKeyPair:get', 'Read', 'Read the details of a key pair.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:get'],
      operations: ['GET /v3/{project_id}/keypairs/{keypair_name}'],
    }),
    action('kps:SSHKeyPair:list', 'List', 'List key pairs.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:list'],
      operations: ['GET /v3/{project_id}/keypairs'],
    }),
    action('kps:SSHKeyPair:update', 'Write', 'Change the description of a key pair.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:update'],
      operations: ['PUT /v3/{project_id}/keypairs/{keypair_name}'],
    }),
    action('kps:SSHKeyPair:bind', 'Write', 'Put a key pair on a server: bind, reset or replace.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:bind'],
      dependencies: hostActions,
      operations: [
        'POST /v3/{project_id}/keypairs/associate',
        'POST /v3/{project_id}/keypairs/batch-associate',
      ],
    }),
    action('kps::deleteFailedTask', 'Write', 'Delete failed tasks.', {
      aliases: ['kps:domainKeypairs:deletefailtask', 'kps:domainKeypairs:deletefailtasks'],
      operations: ['DELETE /v3/{project_id}/failed-tasks', 'DELETE /v3/{project_id}/failed-tasks/{task_id}'],
    }),
    action('kps:SSHKeyPair:unbind', 'Write', 'Take a key pair off a server.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:unbind', 'ecs:serverKeypairs:unbind'],
      dependencies: hostActions,
      operations: ['POST /v3/{project_id}/keypairs/disassociate'],
    }),
    action('kps::getFailedTask', 'List', 'List failed tasks.', {
      aliases: ['kps:domainKeypairs:getfailtask'],
      operations: ['GET /v3/{project_id}/failed-tasks'],
    }),
    action('kps::getTask', 'List', 'Read the state of a task.', {
      aliases: ['kps:domainKeypairs:gettask'],
      operations: ['GET /v3/{project_id}/tasks/{task_id}'],
    }),
    action('kps::getRunningTask', 'List', 'List running tasks.', {
      aliases: ['kps:domainKeypairs:getrunningtask'],
      operations: ['GET /v3/{project_id}/running-tasks'],
    }),
    action('kps:SSHKeyPair:importPrivateKey', 'Write', 'Have a private key kept for a key pair.', {
      resources: keypair,
      conditionKeys: ['kps:KmsKeyId'],
      aliases: ['kps:domainKeypairs:importpk'],
      dependencies: ['kms:cmk:createDataKey', 'kms:cmk:list'],
      operations: ['POST /v3/{project_id}/keypairs/private-key/import'],
    }),
    action('kps:SSHKeyPair:exportPrivateKey', 'Write', 'Export the kept private key of a key pair.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:exportpk'],
      dependencies: ['kms:cmk:decryptDataKey'],
      operations: ['POST /v3/{project_id}/keypairs/private-key/export'],
    }),
    action('kps:SSHKeyPair:clearPrivateKey', 'Write', 'Clear the kept private key of a key pair.', {
      resources: keypair,
      aliases: ['kps:domainKeypairs:clearpk'],
      operations: ['DELETE /v3/{project_id}/keypairs/{keypair_name}/private-key'],
    }),
  ],
  resourceTypes: [{ name: 'SSHKeyPair', template: 'kps:{region}:{account}:SSHKeyPair:{name}' }],
  conditionKeys: [
    conditionKey('kps:KmsKeyId', 'string', 'Id of the KMS key that protects the private key.', {
      holds: 'word',
    }),
    conditionKey('kps:Algorithm', 'string', 'Algorithm of the key pair.', { holds: 'word' }),
  ],
})
