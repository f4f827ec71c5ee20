import { actionsOfCalls } from '../build.ts'
import type { ServiceInfo } from '../types.ts'

const of = actionsOfCalls('resourcemanager')

/** A resource directory and its control policies; of Resource Management nothing else. */
export const resourcemanager: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'resourcemanager',
  title: 'Resource Management',
  actions: [
    of(
      'InitResourceDirectory',
      'Write',
      'Make the resource directory; the account becomes its management account.',
      [],
    ),
    of(
      'EnableResourceDirectory',
      'Write',
      'Make the resource directory; the account becomes its management account.',
      [],
    ),
    of(
      'DestroyResourceDirectory',
      'Write',
      'Delete the resource directory, in which no other account is any more.',
      [],
    ),
    of('GetResourceDirectory', 'Read', 'Show the resource directory that the account is in.', []),
    of(
      'EnableControlPolicy',
      'Write',
      'Switch control policies on; each folder and account begins with the one that allows all.',
      [],
    ),
    of('DisableControlPolicy', 'Write', 'Switch control policies off; each is detached from everything.', []),
    of(
      'SetMemberDisplayNameSyncStatus',
      'Write',
      'Say whether display names go with those of accounts; nothing goes by it.',
      [],
    ),
    of('GetControlPolicyEnablementStatus', 'Read', 'Tell whether control policies are switched on.', []),
    of('CreateFolder', 'Write', 'Make a folder in the resource directory.', ['folder']),
    of('GetFolder', 'Read', 'Show a folder of the resource directory.', ['folder']),
    of('UpdateFolder', 'Write', 'Give a folder another name.', ['folder']),
    of('DeleteFolder', 'Write', 'Delete a folder that holds nothing.', ['folder']),
    of('ListFoldersForParent', 'List', 'List the folders in a folder by name.', ['folder']),
    of(
      'ListAncestors',
      'List',
      'List the folders above a folder or an account, the root first.',
      ['folder', 'account'],
      true,
    ),
    of('CreateResourceAccount', 'Write', 'Make an account as a member of the resource directory.', [
      'folder',
    ]),
    of('GetAccount', 'Read', 'Show a member of the resource directory.', ['account']),
    of('UpdateAccount', 'Write', 'Give a member another display name.', ['account']),
    of('GetPayerForAccount', 'Read', 'Show who was said to pay for a member; empty: nobody was said.', [
      'account',
    ]),
    of('UpdatePayerForAccount', 'Write', 'Say who pays for a member; nothing is charged for.', ['account']),
    of('MoveAccount', 'Write', 'Move a member to another folder; other control policies bind it then.', [
      'account',
      'folder',
    ]),
    of('RemoveCloudAccount', 'Write', 'Take an invited account out of the resource directory.', ['account']),
    of('ListAccounts', 'List', 'List the members of the resource directory.', []),
    of('ListAccountsForParent', 'List', 'List the members in one folder.', ['folder']),
    of('InviteAccountToResourceDirectory', 'Write', 'Invite an account into the resource directory.', []),
    of(
      'GetHandshake',
      'Read',
      'Show an invitation, to the account that invites or the one that is invited.',
      [],
    ),
    of('CancelHandshake', 'Write', 'Take back an invitation.', []),
    of('AcceptHandshake', 'Write', 'Accept an invitation; the account is a member from then on.', []),
    of('DeclineHandshake', 'Write', 'Decline an invitation.', []),
    of('ListHandshakesForResourceDirectory', 'List', 'List the invitations into the resource directory.', []),
    of('ListHandshakesForAccount', 'List', 'List the invitations of the account.', []),
    of('CreateControlPolicy', 'Write', 'Make a control policy, attached to nothing.', []),
    of('GetControlPolicy', 'Read', 'Show a control policy.', []),
    of(
      'UpdateControlPolicy',
      'Write',
      'Change a control policy: it binds as changed wherever it is attached.',
      [],
    ),
    of('DeleteControlPolicy', 'Write', 'Delete a control policy that is attached to nothing.', []),
    of('ListControlPolicies', 'List', 'List control policies by name, the built-in one first.', []),
    of(
      'AttachControlPolicy',
      'Write',
      'Attach a control policy to a folder or a member.',
      ['folder', 'account'],
      true,
    ),
    of(
      'DetachControlPolicy',
      'Write',
      'Detach a control policy; the last one stays.',
      ['folder', 'account'],
      true,
    ),
    of(
      'ListControlPolicyAttachmentsForTarget',
      'List',
      'List the control policies that are attached to a folder or a member.',
      ['folder', 'account'],
      true,
    ),
    of('ListTargetAttachmentsForControlPolicy', 'List', 'List what a control policy is attached to.', []),
    of('RegisterDelegatedAdministrator', 'Write', 'Make a member a delegated administrator for a service.', [
      'account',
    ]),
    of('DeregisterDelegatedAdministrator', 'Write', 'Make a member a delegated administrator no more.', [
      'account',
    ]),
    of('ListDelegatedAdministrators', 'List', 'List delegated administrators, of one service or of all.', []),
    of(
      'ListDelegatedServicesForAccount',
      'List',
      'List the services that a member is a delegated administrator for.',
      ['account'],
    ),
    of('TagResources', 'Write', 'Set tags of members, folders or control policies.', []),
    of('UntagResources', 'Write', 'Take tags off members, folders or control policies.', []),
    of('ListTagResources', 'List', 'List tags of members, folders or control policies.', []),
    of('ListTrustedServiceStatus', 'List', 'List trusted services.', []),
    of('ListTagKeys', 'List', 'List the keys of tags of members, folders or control policies.', []),
    of('ListTagValues', 'List', 'List the values of a tag of members, folders or control policies.', []),
  ],
  resourceTypes: ['folder', 'account'].map((name) => ({
    name,
    // The way from the directory down.
    template: `acs:resourcemanager:*:{account}:${name}/{${name}Path}`,
  })),
  conditionKeys: [],
  missing: 'actions',
})
