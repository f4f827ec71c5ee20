import type { SystemPolicy } from '../types.ts'

const everything = JSON.stringify({
  Version: '5.0',
  Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
})

function legacy(name: string, description: string, ...actions: string[]): SystemPolicy {
  const document = JSON.stringify({ Version: '1.1', Statement: [{ Effect: 'Allow', Action: actions }] })
  return Object.freeze<SystemPolicy>({ name, description, type: 'identity', document })
}

/** Built-in policies (reference: huawei-iam G.2, huawei-kps C). */
export const iamSystemPolicies: readonly SystemPolicy[] = [
  Object.freeze<SystemPolicy>({
    name: 'FullAccess',
    description: 'Everything; attached to every entity of an organization when SCPs are switched on.',
    type: 'scp',
    document: everything,
  }),
  Object.freeze<SystemPolicy>({
    name: 'AdministratorAccess',
    description: 'Everything.',
    type: 'identity',
    document: everything,
  }),
  legacy(
    'DEW KeypairFullAccess',
    'All permissions on key pairs.',
    'kps:domainKeypairs:*',
    'ecs:serverKeypairs:*',
  ),
  legacy(
    'DEW KeypairReadOnlyAccess',
    'Read key pairs and tasks.',
    'kps:domainKeypairs:get*',
    'kps:domainKeypairs:list*',
  ),
]
