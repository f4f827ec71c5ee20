import { Type } from 'typebox'
import { deregisterDelegate, registerDelegate } from '../../identity/organization-delegations.ts'
import { readMembers } from '../organizations/members.ts'
import { dateText, describeMember } from './describe.ts'
import { AccountId, Input, Nothing, Page, Paged, pageOf, ServicePrincipal, text } from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

const one = {
  input: Input({ AccountId, ServicePrincipal }),
  output: Nothing,
  names: { account: 'account' },
  idsOf: ({ AccountId }: { readonly AccountId: string }) => ({ account: AccountId }),
  on: ['account'],
} as const

/** A delegated administrator may look at the resource directory, and change nothing of it. */
export const registerDelegatedAdministrator = directoryWrite({
  call: 'RegisterDelegatedAdministrator',
  summary: 'Make a member a delegated administrator for a service',
  ...one,
  async work(tx, { author }, { ServicePrincipal }, { account }) {
    await registerDelegate(tx, account.id, ServicePrincipal, author)
    return {}
  },
  example: {
    AccountId: '{organization.accountUid}',
    ServicePrincipal: 'cloudfw.aliyuncs.com',
  },
})

export const deregisterDelegatedAdministrator = directoryWrite({
  call: 'DeregisterDelegatedAdministrator',
  summary: 'Make a member a delegated administrator no more',
  ...one,
  async work(tx, _call, { ServicePrincipal }, { account }) {
    await deregisterDelegate(tx, account.id, ServicePrincipal)
    return {}
  },
  example: {
    AccountId: '{organization.accountUid}',
    ServicePrincipal: '{organization.delegatedService}',
  },
})

export const listDelegatedAdministrators = directoryRead({
  call: 'ListDelegatedAdministrators',
  summary: 'List delegated administrators, of one service or of all',
  input: Input({ ...Page, ServicePrincipal: Type.Optional(ServicePrincipal) }),
  output: Type.Object({
    ...Paged,
    Accounts: Type.Object({
      Account: Type.Array(
        Type.Object({
          AccountId: text,
          DisplayName: text,
          JoinMethod: text,
          ServicePrincipal: text,
          DelegationEnabledTime: text,
        }),
      ),
    }),
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }, input, _things, organization) {
    const rows = await store.read
      .selectFrom('organization_delegations')
      .selectAll()
      .orderBy('account_uid')
      .orderBy('service')
      .execute()
    const asked = rows.filter(({ service }) => service === (input.ServicePrincipal ?? service))
    const { page, ...more } = pageOf(asked, input)
    const delegated = await readMembers(store.read, { delegated: null })
    const members = new Map(delegated.map((one) => [one.account.uid, one]))
    const Account = page.map(({ account_uid, service, created_at }) => {
      const { AccountId, DisplayName, JoinMethod } = describeMember(members.get(account_uid)!, organization)
      return {
        AccountId,
        DisplayName,
        JoinMethod,
        ServicePrincipal: service,
        DelegationEnabledTime: dateText(created_at),
      }
    })
    return { ...more, Accounts: { Account } }
  },
  example: {},
})

export const listDelegatedServicesForAccount = directoryRead({
  call: 'ListDelegatedServicesForAccount',
  summary: 'List the services that a member is a delegated administrator for',
  input: Input({ AccountId }),
  output: Type.Object({
    DelegatedServices: Type.Object({
      DelegatedService: Type.Array(
        Type.Object({ ServicePrincipal: text, Status: text, DelegationEnabledTime: text }),
      ),
    }),
  }),
  names: { account: 'account' },
  idsOf: ({ AccountId }) => ({ account: AccountId }),
  on: ['account'],
  who: 'readers',
  async work({ store }, _input, { account }) {
    const rows = await store.read
      .selectFrom('organization_delegations')
      .selectAll()
      .where('account_uid', '=', account.id)
      .orderBy('service')
      .execute()
    const DelegatedService = rows.map(({ service, created_at }) => ({
      ServicePrincipal: service,
      Status: 'ENABLED',
      DelegationEnabledTime: dateText(created_at),
    }))
    return { DelegatedServices: { DelegatedService } }
  },
  example: { AccountId: '{organization.accountUid}' },
})

/** Of an account: those that it administers; the management account administers all. */
export const listTrustedServiceStatus = directoryRead({
  call: 'ListTrustedServiceStatus',
  summary: 'List the services that are trusted in the resource directory',
  input: Input({ ...Page, AdminAccountId: Type.Optional(AccountId) }),
  output: Type.Object({
    ...Paged,
    EnabledServicePrincipals: Type.Object({
      EnabledServicePrincipal: Type.Array(Type.Object({ ServicePrincipal: text, EnableTime: text })),
    }),
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }, input, _things, { management }) {
    const { AdminAccountId: admin = management.uid } = input
    const isAll = admin === management.uid
    const delegated = store.read.selectFrom('organization_delegations').select(['service', 'created_at'])
    const rows = await (isAll ? delegated : delegated.where('account_uid', '=', admin)).execute()
    if (isAll) rows.push(...(await store.read.selectFrom('organization_services').selectAll().execute()))
    // A service that an account administers is trusted without a call that says so.
    const since = new Map<string, number>()
    for (const { service, created_at } of rows)
      since.set(service, Math.min(Number(created_at), since.get(service) ?? Number.MAX_SAFE_INTEGER))
    const { page, ...more } = pageOf(
      [...since].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      input,
    )
    const EnabledServicePrincipal = page.map(([service, at]) => ({
      ServicePrincipal: service,
      EnableTime: dateText(at),
    }))
    return { ...more, EnabledServicePrincipals: { EnabledServicePrincipal } }
  },
  example: {},
})
