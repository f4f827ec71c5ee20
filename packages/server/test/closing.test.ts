import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build, type HuaweiAnswer } from './clients/huaweiKpsClient.ts'
import {
  assume,
  assumeAgency,
  makeAccount,
  makeKey,
  outcome,
  statement,
  type TestAccount,
} from './identity-kit.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// The life of an account that is closed: by each wire, what keeps it open, what of it is left, and its end.

const postgres = await startPostgres()
const DAY = 86_400_000

describe.each([
  ['sqlite', (): Promise<string> | undefined => undefined],
  ['postgres', (): Promise<string> | undefined => postgres?.createDatabase()],
] as const)('accounts that are closed, on %s', (name, createDatabase) => {
  if (name === 'postgres' && !postgres) return
  let service: TestService
  let enterer: Credential
  let outside: TestAccount
  let count = 0

  beforeAll(async () => {
    const database = await createDatabase()
    service = await startService({
      switches: ['test-clock'],
      ...(database === undefined ? {} : { database }),
    })
    outside = await makeAccount(service, 'outside')
    await call('organizations:CreateOrganization')
    const root_id = (await call('organizations:ListRoots')).roots[0].id
    await call('organizations:EnablePolicyType', { policy_type: 'service_control_policy', root_id })
    await call('resourcemanager:EnableControlPolicy')
    const sts = {
      ram: [statement.ram({ Effect: 'Allow', Action: 'sts:*', Resource: '*' })],
      iam: [statement.iam({ Effect: 'Allow', Action: ['sts:*:*'], Resource: ['*'] })],
    }
    enterer = await service.user('enterer', sts)
  })
  afterAll(() => service.close())

  const call = async (action: string, input: Record<string, unknown> = {}) => {
    const { body, status } = await service.call(service.root, action, input)
    if (status >= 300) throw new Error(`${action}: ${JSON.stringify(body)}`)
    // biome-ignore lint/suspicious/noExplicitAny: answers of every call
    return body as any
  }
  const code = async (action: string, input: Record<string, unknown> = {}) =>
    outcome(await service.call(service.root, action, input))
  const rd = (action: string, input?: Record<string, unknown>) => call(`resourcemanager:${action}`, input)
  const rdCode = (action: string, input?: Record<string, unknown>) => code(`resourcemanager:${action}`, input)
  const permit = (Status: string) => rd('SetMemberDeletionPermission', { Status })
  /** A new member, and a session of its entry role. */
  const member = async () => {
    count += 1
    const DisplayName = `member-${count}`
    const { AccountId } = (await rd('CreateResourceAccount', { DisplayName })).Account
    const arn = `acs:ram::${AccountId}:role/ResourceDirectoryAccountAccessRole`
    return { AccountId: String(AccountId), DisplayName, arn, inside: await assume(service, enterer, arn) }
  }
  const lists = async (who: Credential) => outcome(await service.call(who, 'kms:ListKeys', {}))
  const status = async (AccountId: string) =>
    (await rd('GetAccountDeletionStatus', { AccountId })).RdAccountDeletionStatus

  it('are deleted as the Terraform provider deletes them, checks first, and are gone after the window', async () => {
    const { AccountId, DisplayName, arn, inside } = await member()
    const KeyId = await makeKey(service, inside)
    const Policy = JSON.stringify(
      statement.ram({
        Effect: 'Allow',
        Action: 'kms:*',
        Resource: '*',
        Principal: { RAM: [`acs:ram::${outside.uid}:root`] },
      }),
    )
    expect(await service.call(inside, 'kms:SetKeyPolicy', { KeyId, Policy })).toMatchObject({ status: 200 })
    const encrypt = async () =>
      outcome(
        await service.call(outside.admin, 'kms:Encrypt', {
          KeyId: `acs:kms:cn-hangzhou:${AccountId}:key/${KeyId}`,
          Plaintext: 'aGVsbG8=',
        }),
      )
    expect(await encrypt()).toBe('200')
    expect(await rdCode('GetAccountDeletionStatus', { AccountId })).toBe('409 EntityNotExists.CheckAccount')
    expect(await rdCode('GetAccountDeletionCheckResult', { AccountId })).toBe(
      '409 EntityNotExists.CheckAccount',
    )
    expect(await rdCode('DeleteAccount', { AccountId })).toBe('409 ForbidDelete.Account')
    await rd('CheckAccountDelete', { AccountId })
    const result = async () =>
      (await rd('GetAccountDeletionCheckResult', { AccountId })).AccountDeletionCheckResultInfo
    expect(await result()).toMatchObject({
      Status: 'PreCheckComplete',
      AllowDelete: 'false',
      NotAllowReason: [{ CheckId: 'RD_MemberDeletion' }],
      AbandonableChecks: [{ CheckId: 'KMS_Keys', CheckName: 'KMS' }],
    })
    await permit('Enabled')
    expect((await rd('GetResourceDirectory')).ResourceDirectory.MemberDeletionStatus).toBe('Enabled')
    expect(await result()).toMatchObject({ AllowDelete: 'true', NotAllowReason: [] })
    expect(await rdCode('DeleteAccount', { AccountId })).toBe('409 SpBlock.DeleteAccount')
    await service.call(inside, 'kms:SetDeletionProtection', {
      ProtectedResourceArn: `acs:kms:cn-hangzhou:${AccountId}:key/${KeyId}`,
      EnableDeletionProtection: true,
    })
    const given = { AccountId, AbandonableCheckId: ['KMS_Keys', 'KMS_ProtectedKeys'] }
    const blocked = await service.call(service.root, 'resourcemanager:DeleteAccount', given)
    expect(outcome(blocked)).toBe('409 SpBlock.DeleteAccount')
    expect(blocked.body.Message).toContain('KMS_ProtectedKeys: 1 keys with deletion protection')
    await service.call(inside, 'kms:SetDeletionProtection', {
      ProtectedResourceArn: `acs:kms:cn-hangzhou:${AccountId}:key/${KeyId}`,
      EnableDeletionProtection: false,
    })
    expect(await rd('DeleteAccount', given)).toMatchObject({ DeletionType: '1' })

    // In force with the answer: nothing of the account can be called, by nobody.
    expect(await lists(inside)).toMatch(/^40[0-9] InvalidSecurityToken/)
    await expect(assume(service, enterer, arn)).rejects.toThrow()
    expect(await encrypt()).toBe('404 Forbidden.KeyNotFound')
    // It has left the directory, and its name is free.
    expect(await rdCode('GetAccount', { AccountId })).toBe('404 EntityNotExists.Account')
    expect(await rdCode('DeleteAccount', { AccountId })).toBe('404 EntityNotExists.Account')
    expect((await rd('ListAccounts')).Accounts.Account).toEqual([])
    const again = await rd('CreateResourceAccount', { DisplayName })
    expect(again.Account.AccountId).not.toBe(AccountId)
    await rd('DeleteAccount', { AccountId: again.Account.AccountId })
    expect(await status(AccountId)).toMatchObject({
      Status: 'Deleting',
      DeletionType: '1',
      FailReasonList: [],
    })
    expect(await rdCode('GetAccountDeletionStatus', { AccountId: '1000000000000000' })).toBe(
      '404 EntityNotExists.Account',
    )
    expect(
      await code('keyward:ApplyWorld', { World: JSON.stringify({ accounts: [{ uid: AccountId }] }) }),
    ).toMatch(/^400/)
    const { World, Left } = await call('keyward:ExportWorld')
    expect(Left).toContain('accounts that are closed and not yet destroyed')
    expect(World).not.toContain(AccountId)
    await call('keyward:AdvanceClock', { Milliseconds: 45 * DAY + 1000 })
    expect(await status(AccountId)).toMatchObject({ Status: 'Success' })
    expect(await code('keyward:ReopenAccount', { AccountUid: AccountId })).toMatch(/^4/)
    await permit('Disabled')
  })

  it('are closed as the other provider closes them, and stay in its list until the end', async () => {
    const { root } = service
    const login = { url: service.url, accessKeyId: root.accessKeyId, accessKeySecret: root.accessKeySecret }
    const core = build({ ...login, projectId: root.projectId } as never)
    const send = (method: string, path: string, more: { body?: object } = {}) =>
      core.sendRequest<HuaweiAnswer>({
        method,
        url: `/v1/organizations${path}`,
        contentType: 'application/json',
        pathParams: {},
        queryParams: {},
        headers: {},
        ...(more.body && { data: more.body }),
        // biome-ignore lint/suspicious/noExplicitAny: answers of every call
      }) as Promise<any>
    const made = await send('POST', '/accounts', { body: { name: 'huawei-member', agency_name: 'Entry' } })
    const id = made.create_account_status.account_id
    const inside = await assumeAgency(service, enterer, `iam::${id}:agency:Entry`)
    const show = async () => (await send('GET', `/accounts/${id}`)).account
    expect(await show()).toMatchObject({ status: 'active' })
    await send('POST', `/accounts/${id}/close`)
    expect(await show()).toMatchObject({ status: 'suspended', name: 'huawei-member', join_method: 'created' })
    const failure = await send('POST', `/accounts/${id}/close`).catch((error) => error)
    expect([failure.httpStatusCode ?? failure.status, failure.errorCode ?? failure.code]).toEqual([
      400,
      'Organizations.1325',
    ])
    const listed = async () =>
      (await send('GET', '/accounts')).accounts.filter((one: { id: string }) => one.id === id)
    expect(await listed()).toMatchObject([{ status: 'suspended' }])
    const statuses = await send('GET', '/close-account-status')
    expect(statuses.close_account_statuses[0]).toMatchObject({ account_id: id, state: 'suspended' })
    expect((await service.call(inside, 'kps:ListKeypairs', {})).status).toBe(401)
    await expect(assumeAgency(service, enterer, `iam::${id}:agency:Entry`)).rejects.toThrow()
    await call('keyward:AdvanceClock', { Milliseconds: 45 * DAY + 1000 })
    expect(await listed()).toEqual([])
    expect(await code('organizations:ShowAccount', { account_id: id })).toBe('404 Organizations.9009')
  })

  it('are opened again by the operator alone, where they stood and under what bound them', async () => {
    await permit('Enabled')
    const { AccountId, DisplayName, arn, inside } = await member()
    const KeyId = await makeKey(service, inside)
    const { PolicyId } = (
      await rd('CreateControlPolicy', {
        PolicyName: `guard-${count}`,
        EffectScope: 'RAM',
        PolicyDocument: JSON.stringify(
          statement.ram({ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }),
        ),
      })
    ).ControlPolicy
    const { FolderId } = (await rd('CreateFolder', { FolderName: `f-${count}` })).Folder
    await rd('MoveAccount', { AccountId, DestinationFolderId: FolderId })
    await rd('AttachControlPolicy', { PolicyId, TargetId: AccountId })
    expect(await lists(inside)).toBe('403 Forbidden.NoPermission')
    await rd('DeleteAccount', { AccountId, AbandonableCheckId: ['KMS_Keys'] })
    // The policy is let go, and the folder.
    expect((await rd('GetControlPolicy', { PolicyId })).ControlPolicy.AttachmentCount).toBe('0')
    const boss = await makeAccount(service, `boss-${count}`)
    const reopen = (who: Credential, more = {}) =>
      service.call(who, 'keyward:ReopenAccount', { AccountUid: AccountId, ...more })
    expect(outcome(await reopen(boss.admin))).toMatch(/^403/)
    expect(outcome(await reopen(boss.root))).toMatch(/^403/)
    await rd('CreateResourceAccount', { DisplayName })
    expect(outcome(await reopen(service.root))).toBe('409 InvalidParameter.Account.DisplayName.AlreadyUsed')
    expect(await reopen(service.root, { Name: 'back' })).toMatchObject({ status: 200 })
    expect((await rd('GetAccount', { AccountId })).Account).toMatchObject({ DisplayName: 'back', FolderId })
    // A session that had not ended goes on, and is bound as before.
    const entered = await assume(service, enterer, arn)
    for (const who of [inside, entered]) expect(await lists(who)).toBe('403 Forbidden.NoPermission')
    expect((await service.call(entered, 'kms:DescribeKey', { KeyId })).status).toBe(200)
    expect(await rdCode('GetAccountDeletionStatus', { AccountId })).toBe('409 EntityNotExists.CheckAccount')
    await permit('Disabled')
  })

  it('are those that were made here: not invited ones, the managing one, or one that administers', async () => {
    await permit('Enabled')
    const { Handshake } = await rd('InviteAccountToResourceDirectory', {
      TargetEntity: outside.uid,
      TargetType: 'Account',
    })
    await service.call(outside.root, 'resourcemanager:AcceptHandshake', {
      HandshakeId: Handshake.HandshakeId,
    })
    for (const AccountId of [outside.uid, service.root.accountUid]) {
      expect(await rdCode('CheckAccountDelete', { AccountId })).toBe('409 MemberTypeError.DeleteAccount')
      expect(await rdCode('DeleteAccount', { AccountId })).toBe('409 MemberTypeError.DeleteAccount')
    }
    for (const account_id of [outside.domainId, service.root.domainId])
      expect(await code('organizations:CloseAccount', { account_id })).toBe('409 Organizations.9011')
    const { AccountId } = await member()
    const delegation = { AccountId, ServicePrincipal: 'config.example.com' }
    await call('organizations:EnableTrustedService', { service_principal: 'config.example.com' })
    await rd('RegisterDelegatedAdministrator', delegation)
    expect(await rdCode('DeleteAccount', { AccountId })).toBe(
      '409 RemoveConfilctAccountAsDelegatedAdministator',
    )
    await rd('DeregisterDelegatedAdministrator', delegation)
    await rd('DeleteAccount', { AccountId })
    await permit('Disabled')
  })

  it('need the one action on the account, in each language, and are closed by the managing account alone', async () => {
    await permit('Enabled')
    const { AccountId, inside } = await member()
    const { accounts } = await call('organizations:ListAccounts')
    const account_id = accounts.find((one: { name: string }) => one.name === `member-${count}`).id
    const grants = {
      ram: (effect: object) => ({ ram: [statement.ram({ Effect: 'Allow', Resource: '*', ...effect })] }),
      iam: (effect: object) => ({ iam: [statement.iam({ Effect: 'Allow', Resource: ['*'], ...effect })] }),
    }
    const ways = [
      ['resourcemanager:DeleteAccount', { AccountId }],
      ['organizations:CloseAccount', { account_id }],
    ] as const
    const others = await service.user('close-others', {
      ...grants.ram({ NotAction: 'resourcemanager:DeleteAccount' }),
      ...grants.iam({ NotAction: ['organizations:accounts:close'] }),
    })
    for (const [action, input] of ways) {
      expect([action, (await service.call(others, action, input)).status]).toEqual([action, 403])
      expect([action, outcome(await service.call(inside, action, input))]).toEqual([
        action,
        action.startsWith('org') ? '401 Organizations.1001' : '403 NoPermission',
      ])
    }
    expect(await lists(inside)).toBe('200')
    const alone = await service.user('close-alone', grants.iam({ Action: ['organizations:accounts:close'] }))
    expect((await service.call(alone, 'organizations:CloseAccount', { account_id })).status).toBe(200)
    expect(await lists(inside)).not.toBe('200')
    await permit('Disabled')
  })
})
