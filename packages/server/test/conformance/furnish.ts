import { createServer } from 'node:net'
import { NOWHERE } from '../../src/operations/kps/testing/example-keypairs.ts'
import { type ExampleWorld, exampleInput } from '../../src/operations/testing/example-world.ts'
import type { TestService } from '../service.ts'

// Members of an answer are there while there is something to say. Here is what worlds of the examples get beside what they
// have, so that each of them is answered once.

type Step = readonly [operation: string, input: Readonly<Record<string, unknown>>]

const TAGGED_MEMBER: readonly Step[] = [
  [
    'resourcemanager:TagResources',
    {
      ResourceType: 'Account',
      ResourceId: ['{organization.accountUid}'],
      Tag: [
        { Key: 'team', Value: 'a' },
        { Key: 'stage', Value: 'b' },
      ],
    },
  ],
]
const tagged = (resource_type: string, resource_id: string): readonly Step[] => [
  ['iam:TagResource', { resource_type, resource_id, tags: [{ tag_key: 'team', tag_value: 'a' }] }],
]
/** A second policy on who has one. */
const attached = (kind: string): readonly Step[] => [
  [
    'iam:CreatePolicy',
    { policy_name: `{identity.newName}-second`, policy_document: '{identity.iamDocument}' },
  ],
  [`iam:Attach${kind}Policy`, { [`${kind.toLowerCase()}_id`]: `{identity.tiedIds.${kind.toLowerCase()}}` }],
]

const TWO_TAGS = [
  { key: 'team', value: 'a' },
  { key: 'stage', value: 'b' },
]

const STEPS: Readonly<Record<string, readonly Step[]>> = {
  'kms:ListAliasesByKeyId': [
    ['kms:CreateAlias', { KeyId: '{keyId}', AliasName: 'alias/of-{keyId}' }],
    ['kms:CreateAlias', { KeyId: '{keyId}', AliasName: 'alias/also-of-{keyId}' }],
  ],
  'kms:ListResourceTags': [
    ['kms:TagResource', { KeyId: '{keyId}', Tags: '[{"TagKey":"team","TagValue":"a"}]' }],
  ],
  'kms:DescribeSecret': [
    ['kms:TagResource', { SecretName: '{secrets.secretName}', Tags: '[{"TagKey":"team","TagValue":"a"}]' }],
  ],
  'ram:ListUsersForGroup': [
    ['ram:AddUserToGroup', { GroupName: '{identity.tied}', UserName: '{identity.name}' }],
  ],
  'ram:ListEntitiesForPolicy': [
    ['ram:CreateGroup', { GroupName: '{identity.newName}', Comments: 'of an example' }],
    [
      'ram:AttachPolicyToGroup',
      { GroupName: '{identity.newName}', PolicyType: 'Custom', PolicyName: '{identity.tied}' },
    ],
  ],
  'ram:ListTagResources': [
    [
      'ram:TagResources',
      {
        ResourceType: 'role',
        ResourceNames: ['{identity.name}'],
        Tag: [
          { Key: 'team', Value: 'a' },
          { Key: 'stage', Value: 'b' },
        ],
      },
    ],
  ],
  'resourcemanager:GetAccount': TAGGED_MEMBER,
  'resourcemanager:ListAccounts': [
    ...TAGGED_MEMBER,
    ['resourcemanager:CreateResourceAccount', { DisplayName: '{organization.newName}' }],
  ],
  'resourcemanager:ListAccountsForParent': TAGGED_MEMBER,
  'resourcemanager:ListTagResources': TAGGED_MEMBER,
  'resourcemanager:ListTagKeys': TAGGED_MEMBER,
  'resourcemanager:ListTagValues': [
    ...TAGGED_MEMBER,
    [
      'resourcemanager:CreateResourceAccount',
      { DisplayName: '{organization.newName}', Tag: [{ Key: 'team', Value: 'b' }] },
    ],
  ],
  'resourcemanager:ListFoldersForParent': [
    [
      'resourcemanager:CreateFolder',
      {
        FolderName: 'tagged',
        ParentFolderId: '{organization.folderId}',
        Tag: [{ Key: 'team', Value: 'a' }],
      },
    ],
  ],
  'resourcemanager:ListControlPolicies': [
    [
      'resourcemanager:CreateControlPolicy',
      {
        PolicyName: '{organization.newName}',
        EffectScope: 'RAM',
        PolicyDocument: '{organization.document}',
        Tag: [{ Key: 'team', Value: 'a' }],
      },
    ],
  ],
  'organizations:ListCreateAccountStatuses': [
    ['organizations:CreateAccount', { name: '{organization.newName}' }],
    ['organizations:CreateAccount', { name: '{organization.newName}-second' }],
  ],
  'organizations:ListAccounts': [['organizations:CreateAccount', { name: '{organization.newName}' }]],
  'organizations:ListEntitiesForPolicy': [
    [
      'organizations:AttachPolicy',
      { policy_id: '{organization.attachedScpId}', entity_id: '{organization.emptyUnitId}' },
    ],
  ],
  'organizations:ListDelegatedAdministrators': [
    ['organizations:CreateAccount', { name: '{organization.newName}' }],
    [
      'organizations:RegisterDelegatedAdministrator',
      { service_principal: '{organization.delegatedService}' },
    ],
  ],
  'organizations:ListDelegatedServices': [
    ['organizations:EnableTrustedService', { service_principal: 'service.second' }],
    [
      'organizations:RegisterDelegatedAdministrator',
      { account_id: '{organization.accountId}', service_principal: 'service.second' },
    ],
  ],
  'organizations:ListTagResources': [
    ['organizations:TagResource', { resource_id: '{organization.accountId}', tags: TWO_TAGS }],
  ],
  'organizations:ListCloseAccountStatuses': [
    ['organizations:CreateAccount', { name: '{organization.newName}' }],
    ['organizations:CloseAccount', {}],
  ],
  'organizations:ListResourceTags': [
    ['organizations:TagResource', { resource_id: '{organization.accountId}', tags: TWO_TAGS }],
  ],
  'organizations:ListResourceInstances': [
    ['organizations:TagResource', { resource_id: '{organization.unitId}', tags: TWO_TAGS }],
  ],
  'organizations:ListTagsForResource': [
    ['organizations:TagResource', { resource_id: '{organization.unitId}', tags: TWO_TAGS }],
  ],
  'organizations:ListHandshakes': [
    ['organizations:CancelHandshake', { handshake_id: '{organization.handshakeId}' }],
    [
      'organizations:InviteAccount',
      { target: { type: 'account', entity: '{organization.strangerId}' }, notes: '' },
    ],
  ],
  'iam:ShowUser': tagged('user', '{identity.ids.user}'),
  'iam:ListResourceTags': tagged('user', '{identity.ids.user}'),
  'iam:GetAgency': tagged('agency', '{identity.ids.agency}'),
  'iam:ListAccessKeys': [['iam:CreateAccessKey', { user_id: '{identity.tiedIds.user}' }]],
  'iam:ListAttachedUserPolicies': attached('User'),
  'iam:ListAttachedGroupPolicies': attached('Group'),
  'iam:ListAttachedAgencyPolicies': attached('Agency'),
  'iam:ListPolicyVersions': [
    [
      'iam:CreatePolicyVersion',
      {
        policy_id: '{identity.ids.policy}',
        policy_document: '{identity.iamDocument}',
        set_as_default: false,
      },
    ],
  ],
  'iam:ListEntitiesForPolicy': [
    ['iam:CreateGroup', { group_name: '{identity.newName}' }],
    ['iam:AttachGroupPolicy', { policy_id: '{identity.tiedIds.policy}' }],
  ],
}

type Do = (operation: string, input: Record<string, unknown>) => Promise<Record<string, unknown>>

/** What takes more than calls: answers the world as it is then. */
const MORE: Readonly<
  Record<string, (act: Do, world: ExampleWorld, service: TestService) => Promise<Partial<ExampleWorld>>>
> = {
  async 'kms:DescribeKey'(act) {
    const made = await act('kms:CreateKey', {
      DKMSInstanceId: 'kst-keyward',
      EnableAutomaticRotation: true,
      RotationInterval: '604800s',
    })
    const { KeyId, Arn } = made.KeyMetadata as Record<string, string>
    await act('kms:SetDeletionProtection', {
      ProtectedResourceArn: Arn,
      EnableDeletionProtection: true,
      DeletionProtectionDescription: 'of an example',
    })
    return { keyId: KeyId! }
  },
  /** The message of an explicit denial, by a policy with a condition. */
  async 'ram:DecodeDiagnosticMessage'(_act, { identity }, service) {
    const deny = {
      Effect: 'Deny',
      Action: 'kms:ListKeys',
      Resource: '*',
      Condition: { StringEquals: { 'acs:SourceIp': '127.0.0.1' } },
    }
    const user = await service.user(`denied-${identity.newName}`, {
      ram: [{ Version: '1', Statement: [deny] }],
    })
    const { AccessDeniedDetail } = (await service.call(user, 'kms:ListKeys', {})).body
    const { EncodedDiagnosticMessage } = AccessDeniedDetail as Record<string, string>
    return { identity: { ...identity, diagnosticMessage: EncodedDiagnosticMessage! } }
  },
  /** In custody under a key of KMS. */
  async 'kps:ListKeypairDetail'(act, { keypairName, keyId }) {
    const name = `${keypairName}-kept`
    const key_protection = { encryption: { type: 'kms', kms_key_id: keyId } }
    await act('kps:CreateKeypair', {
      keypair: { name, scope: 'domain', algorithm: 'SSH_ED25519', key_protection },
    })
    return { keypairName: name }
  },
  async 'kps:ListKeypairs'(act, { keypairName }) {
    for (const name of ['second', 'third'].map((one) => `${keypairName}-${one}`))
      await act('kps:CreateKeypair', { keypair: { name, scope: 'domain', algorithm: 'SSH_ED25519' } })
    return {}
  },
  /** An agency whose trust allows whom a session says that it stands for. */
  async 'sts:AssumeAgency'(act, { identity }, { root }) {
    const statement = {
      Effect: 'Allow',
      Action: ['sts:agencies:assume', 'sts::setSourceIdentity', 'sts::tagSession'],
      Principal: { IAM: [root.domainId] },
    }
    const made = await act('iam:CreateAgency', {
      agency_name: `${identity.newName}-open`,
      trust_policy: JSON.stringify({ Version: '5.0', Statement: [statement] }),
    })
    return { identity: { ...identity, agencyUrn: (made.agency as Record<string, string>).urn! } }
  },
  /** A task that runs: its host takes the connection and says nothing. */
  async 'kps:ListRunningTask'(act, { keypairName }) {
    const silent = createServer((socket) => void socket.unref()).listen(0, '127.0.0.1')
    silent.unref()
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const id = `${keypairName}-silent`
    await act('keyward:PutHost', { HostId: id, ...NOWHERE, Port: port })
    const auth = { type: 'password', key: 'none' }
    await act('kps:AssociateKeypair', { keypair_name: keypairName, server: { id, auth } })
    return {}
  },
}

/** Puts more into a world that was made for the example of an operation. */
export async function furnish(
  service: TestService,
  name: string,
  world: ExampleWorld,
): Promise<ExampleWorld> {
  const act: Do = async (operation, input) => {
    const { body, status } = await service.call(service.root, operation, input)
    if (status >= 300) throw new Error(`${operation}: ${JSON.stringify(body)}`)
    return body
  }
  const made: Record<string, unknown> = {}
  for (const [operation, input] of STEPS[name] ?? []) {
    const filled = exampleInput(
      { name, example: input } as unknown as Parameters<typeof exampleInput>[0],
      world,
    )
    const needed = Object.fromEntries(
      Object.entries(made).filter(([member]) => !(member in filled) && NEEDED[operation]?.includes(member)),
    )
    const { policy, group, create_account_status } = await act(operation, { ...needed, ...filled })
    Object.assign(made, policy, group, create_account_status)
  }
  return { ...world, ...(await MORE[name]?.(act, world, service)) }
}

/** What a step takes from the answer of the step before. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'iam:AttachUserPolicy': ['policy_id'],
  'iam:AttachAgencyPolicy': ['policy_id'],
  'iam:AttachGroupPolicy': ['policy_id', 'group_id'],
  'organizations:CloseAccount': ['account_id'],
  'organizations:RegisterDelegatedAdministrator': ['account_id'],
}
