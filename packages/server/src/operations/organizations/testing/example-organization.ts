/** An organization of the caller's account, and what is in it, by the ids of either wire. */
export interface OrganizationExamples {
  /** That no account and no policy has. */
  readonly newName: string
  /** Of a control policy, and of a service control policy. */
  readonly document: string
  readonly scp: string
  readonly rootId: string
  /** Folders below the root: one with the account in it, and with a policy of its own; one without anything. */
  readonly folderId: string
  readonly emptyFolderId: string
  readonly unitId: string
  readonly emptyUnitId: string
  /** An account that was invited, and administers the service. */
  readonly accountUid: string
  readonly accountId: string
  readonly delegatedService: string
  /** An account that was made here: one to close, or one that is closed. */
  readonly madeUid: string
  readonly madeId: string
  /** An account that is in no organization. */
  readonly strangerUid: string
  readonly strangerId: string
  /** An invitation that waits: of the stranger, or of the caller where it is one to answer. */
  readonly handshakeId: string
  /** Policies that are attached to nothing, and those that are attached to the folder. */
  readonly controlPolicyId: string
  readonly attachedPolicyId: string
  readonly scpId: string
  readonly attachedScpId: string
}

const SCP = '{"Version":"5.0","Statement":[{"Effect":"Deny","Action":["kps:*:delete"],"Resource":["*"]}]}'
const CONTROL = '{"Version":"1","Statement":[{"Effect":"Deny","Action":"kms:DeleteSecret","Resource":"*"}]}'

/** What examples name that look at no organization. */
export const NO_ORGANIZATION: OrganizationExamples = Object.freeze<OrganizationExamples>({
  newName: 'made',
  document: CONTROL,
  scp: SCP,
  rootId: 'r-0000000000',
  folderId: 'fd-0000000000',
  emptyFolderId: 'fd-0000000000',
  unitId: 'ou-0000000000',
  emptyUnitId: 'ou-0000000000',
  accountUid: '1000000000000000',
  accountId: '0'.repeat(32),
  delegatedService: 'config.example.com',
  madeUid: '1000000000000000',
  madeId: '0'.repeat(32),
  strangerUid: '1000000000000000',
  strangerId: '0'.repeat(32),
  handshakeId: 'h-0000000000',
  controlPolicyId: 'cp-none',
  attachedPolicyId: 'cp-none',
  scpId: 'p-none',
  attachedScpId: 'p-none',
})

/** What makes an organization: by applies and calls of the operator, and by calls of the account that manages it. */
export interface OrganizationFixture {
  readonly main: string
  readonly domainId: string
  apply(world: object, input?: Record<string, unknown>): Promise<Record<string, unknown>>
  /** As the root of the first account. */
  call(action: string, input: Record<string, unknown>): Promise<Record<string, unknown>>
  /** As a root with this access key. */
  callAs(
    key: { readonly id: string; readonly secret: string },
    action: string,
    input: Record<string, unknown>,
  ): Promise<Record<string, unknown>>
}

const BOSS = { id: 'LTAIbossboss', secret: 'a-secret-for-tests' }
const MADE = ['folder', 'placement', 'organization-policy']

/** Calls that another account than the managing one makes. */
const FROM_OUTSIDE = /(Accept|Decline)\w*Handshake|HandshakesForAccount$|Received|Leave/

/** The organization of an example, in place of that of the example before: there is one at a time. */
export async function exampleOrganization(
  operation: string,
  count: number,
  fixture: OrganizationFixture,
): Promise<OrganizationExamples & Readonly<Record<string, string>>> {
  const outside = FROM_OUTSIDE.test(operation)
  const management = outside ? 'boss' : fixture.main
  const [full, empty] = [`full-${count}`, `empty-${count}`]
  const policies = (['Plain', 'Attached'] as const).flatMap((name) => [
    { name, language: 'ram', document: JSON.parse(CONTROL) },
    { name, language: 'iam', document: JSON.parse(SCP) },
  ])
  const attached = { ram: ['FullAliyunAccess', 'Attached'], iam: ['FullAccess', 'Attached'] }
  const isBare = /:(Init|Enable|Destroy)ResourceDirectory$|:(Create|Delete)Organization$/.test(operation)
  const folders = isBare
    ? []
    : [{ name: full, policies: attached, accounts: [{ account: 'member' }] }, { name: empty }]
  const named = [{ name: 'member' }, { name: `stranger-${count}` }, { name: 'boss', accessKeys: [BOSS] }]
  const managing = /Leave/.test(operation) ? [{ account: 'boss' }] : [{ account: management }]
  const root = { accounts: managing, folders }
  const world = { accounts: named, organization: { managementAccount: management, policies, root } }
  const prune = { Prune: true, PruneMade: MADE }
  const answer = await fixture.apply(world, prune)
  // A prune leaves the account that managed until then where it stands: once more, and it is out.
  if (outside) await fixture.apply(world, prune)
  const [member, stranger] = answer.Accounts as { Uid: string; DomainId: string }[]
  const call = (action: string, input: Record<string, unknown>) =>
    outside
      ? fixture.callAs(BOSS, `resourcemanager:${action}`, input)
      : fixture.call(`resourcemanager:${action}`, input)
  const made = (await call('GetResourceDirectory', {})).ResourceDirectory as Record<string, string>
  const rootId = made.RootFolderId!
  const directory = made.ResourceDirectoryId!
  if (/:(Init|Enable)ResourceDirectory$|:CreateOrganization$/.test(operation))
    await call('DestroyResourceDirectory', {})
  if (isBare) return NO_ORGANIZATION as OrganizationExamples & Readonly<Record<string, string>>
  const found = (await call('ListFoldersForParent', {})).Folders as { Folder: Record<string, string>[] }
  const idOf = (name: string) => found.Folder.find(({ FolderName }) => FolderName === name)!.FolderId!
  const [folderId, emptyFolderId] = [idOf(full), idOf(empty)]
  const policyId = async (language: 'iam' | 'ram', name: string) => {
    if (language === 'ram') {
      const listed = await call('ListControlPolicies', { PageSize: 100 })
      const { ControlPolicy } = listed.ControlPolicies as { ControlPolicy: Record<string, string>[] }
      return ControlPolicy.find(({ PolicyName }) => PolicyName === name)!.PolicyId!
    }
    if (!operation.startsWith('organizations:') || outside) return 'p-none'
    const listed = (await fixture.call('organizations:ListPolicies', {})) as {
      policies: Record<string, string>[]
    }
    return listed.policies.find((one) => one.name === name)!.id!
  }
  const service = `config-${count}.example.com`
  if (/Delegated|TrustedService/.test(operation)) {
    const left = (await call('ListDelegatedServicesForAccount', { AccountId: member!.Uid })).DelegatedServices
    for (const { ServicePrincipal } of (left as { DelegatedService: Record<string, string>[] })
      .DelegatedService)
      await call('DeregisterDelegatedAdministrator', { AccountId: member!.Uid, ServicePrincipal })
    await call('RegisterDelegatedAdministrator', { AccountId: member!.Uid, ServicePrincipal: service })
    if (operation.startsWith('organizations:'))
      await fixture.call('organizations:EnableTrustedService', { service_principal: service })
  }
  const invited = outside
    ? String((await fixture.call('sts:GetCallerIdentity', {})).AccountId)
    : stranger!.Uid
  if (outside) await endInvitations(fixture)
  const handshakeId =
    /Handshake|Leave/.test(operation) && !/Invite/.test(operation)
      ? ((await call('InviteAccountToResourceDirectory', { TargetEntity: invited, TargetType: 'Account' }))
          .Handshake as Record<string, string>)
      : undefined
  if (/Leave/.test(operation))
    await fixture.call('resourcemanager:AcceptHandshake', { HandshakeId: handshakeId!.HandshakeId })
  const { DomainId: domain } = outside
    ? (answer.Accounts as { DomainId: string }[])[2]!
    : { DomainId: fixture.domainId }
  const { madeUid, madeId } = CLOSING.test(operation)
    ? await toClose(operation, `closing-${count}`, folderId, fixture)
    : NO_ORGANIZATION
  const organization = directory.replace('rd-', 'o-')
  const scpId = await policyId('iam', 'Plain')
  const attachedScpId = await policyId('iam', 'Attached')
  const asUnit = (id: string) => id.replace('fd-', 'ou-')
  return {
    ...NO_ORGANIZATION,
    newName: `made-${count}`,
    delegatedService: service,
    madeUid,
    madeId,
    rootId,
    folderId,
    emptyFolderId,
    unitId: asUnit(folderId),
    emptyUnitId: asUnit(emptyFolderId),
    accountUid: member!.Uid,
    accountId: member!.DomainId,
    strangerUid: stranger!.Uid,
    strangerId: stranger!.DomainId,
    handshakeId: handshakeId?.HandshakeId ?? NO_ORGANIZATION.handshakeId,
    controlPolicyId: await policyId('ram', 'Plain'),
    attachedPolicyId: await policyId('ram', 'Attached'),
    scpId,
    attachedScpId,
    iamAny: `${organization}/*`,
    iamRoot: `${organization}/${rootId}`,
    iamUnit: `${organization}/${asUnit(folderId)}`,
    iamEmptyUnit: `${organization}/${asUnit(emptyFolderId)}`,
    iamAccount: `${organization}/${member!.DomainId}`,
    iamMade: `${organization}/${madeId}`,
    madePath: `${directory}/${rootId}/${folderId}/${madeUid}`,
    iamScp: `${organization}/${scpId}`,
    iamAttachedScp: `${organization}/${attachedScpId}`,
    handshakeUrn: `organizations::${domain}:handshake:${organization}/${handshakeId?.HandshakeId}`,
    folderPath: `${directory}/${rootId}/${folderId}`,
    emptyFolderPath: `${directory}/${rootId}/${emptyFolderId}`,
    accountName: 'member',
    accountPath: `${directory}/${rootId}/${folderId}/${member!.Uid}`,
  }
}

/** Calls that close an account, and those that look at one that is closed. */
const CLOSING = /:CloseAccount$|AccountDelet|:DeleteAccount$|:ReopenAccount$/

/** An account that was made, as far closed as the call wants it. */
async function toClose(
  operation: string,
  DisplayName: string,
  ParentFolderId: string,
  fixture: OrganizationFixture,
) {
  const call = (action: string, input: Record<string, unknown>) =>
    fixture.call(`resourcemanager:${action}`, input)
  const made = await call('CreateResourceAccount', { DisplayName, ParentFolderId })
  const { AccountId } = made.Account as { AccountId: string }
  const listed = (await fixture.call('organizations:ListAccounts', {})) as {
    accounts: Record<string, string>[]
  }
  const madeId = listed.accounts.find(({ name }) => name === DisplayName)!.id!
  await call('SetMemberDeletionPermission', { Status: 'Enabled' })
  if (/CheckResult$/.test(operation)) await call('CheckAccountDelete', { AccountId })
  if (/DeletionStatus$|ReopenAccount$/.test(operation)) await call('DeleteAccount', { AccountId })
  return { madeUid: AccountId, madeId }
}

/** An account has one invitation at a time that waits. */
async function endInvitations({ call }: OrganizationFixture): Promise<void> {
  const listed = (await call('resourcemanager:ListHandshakesForAccount', { PageSize: 100 })).Handshakes
  for (const { HandshakeId, Status } of (listed as { Handshake: Record<string, string>[] }).Handshake)
    if (Status === 'Pending') await call('resourcemanager:DeclineHandshake', { HandshakeId })
}
