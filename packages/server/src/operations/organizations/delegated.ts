import { Type } from 'typebox'
import {
  deregisterDelegate,
  disableService,
  enableService,
  registerDelegate,
} from '../../identity/organization-delegations.ts'
import { chunks } from '../../identity/rows.ts'
import type { ReadHandle } from '../../store/store.ts'
import { dateText, describeAccount } from './describe.ts'
import { Input, id, Nothing, Page, PageInfo, service_principal, text } from './fields.ts'
import { orgRead, orgWrite } from './iam-record.ts'
import { readMembers } from './members.ts'
import { pageOf, readPage } from './pages.ts'

const facts = ({ service_principal }: { readonly service_principal: string }) => ({
  'organizations:ServicePrincipal': service_principal,
})
const one = {
  input: Input({ account_id: id, service_principal }),
  output: Nothing,
  names: { account: 'account' },
  idsOf: ({ account_id }: { readonly account_id: string }) => ({ account: account_id }),
  on: ['account'],
  facts,
} as const

/** A delegated administrator may look at the organization, and change nothing of it. */
export const registerDelegatedAdministrator = orgWrite({
  call: 'RegisterDelegatedAdministrator',
  action: 'delegatedAdministrators:register',
  summary: 'Make an account a delegated administrator for a service',
  ...one,
  async work(tx, { author }, input, { account }) {
    await registerDelegate(tx, account.id, input.service_principal, author)
    return {}
  },
  example: {
    account_id: '{organization.accountId}',
    service_principal: 'service.other',
  },
})

export const deregisterDelegatedAdministrator = orgWrite({
  call: 'DeregisterDelegatedAdministrator',
  action: 'delegatedAdministrators:deregister',
  summary: 'Make an account a delegated administrator no more',
  ...one,
  async work(tx, _call, input, { account }) {
    await deregisterDelegate(tx, account.id, input.service_principal)
    return {}
  },
  example: {
    account_id: '{organization.accountId}',
    service_principal: '{organization.delegatedService}',
  },
})

/** Clients find an account by `account_id`. */
const Delegate = Type.Object({
  account_id: text,
  account_urn: text,
  account_name: text,
  join_method: text,
  joined_at: text,
  delegation_enabled_at: text,
})

export const listDelegatedAdministrators = orgRead({
  call: 'ListDelegatedAdministrators',
  action: 'delegatedAdministrators:list',
  summary: 'List delegated administrators, of one service or of all',
  input: Input({ ...Page, service_principal: Type.Optional(service_principal) }),
  output: Type.Object({
    delegated_administrators: Type.Array(Delegate),
    page_info: PageInfo,
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }, input, _things, organization) {
    const { service_principal: service } = input
    const { page, page_info } = await readPage(
      input,
      (after, limit) => readMembers(store.read, { delegated: service ?? null, after, limit }),
      ({ account }) => account.uid,
    )
    const since = await delegatedSince(
      store.read,
      service,
      page.map(({ account }) => account.uid),
    )
    const delegated_administrators = page.map((member) => {
      const { id, urn, name, join_method, joined_at } = describeAccount(member, organization)
      return {
        account_id: id,
        account_urn: urn,
        account_name: name,
        join_method,
        joined_at,
        delegation_enabled_at: dateText(since.get(member.account.uid)!),
      }
    })
    return { delegated_administrators, page_info }
  },
  example: {},
})

/** Since when each of some accounts is a delegated administrator: of a service, or of its first. */
async function delegatedSince(db: ReadHandle, service: string | undefined, accounts: readonly string[]) {
  const since = new Map<string, number>()
  for (const part of chunks(accounts)) {
    const all = db.selectFrom('organization_delegations').select(['account_uid', 'created_at'])
    const asked = service === undefined ? all : all.where('service', '=', service)
    for (const { account_uid, created_at } of await asked.where('account_uid', 'in', part).execute())
      since.set(account_uid, Math.min(Number(created_at), since.get(account_uid) ?? Number.MAX_SAFE_INTEGER))
  }
  return since
}

export const listDelegatedServices = orgRead({
  call: 'ListDelegatedServices',
  action: 'delegatedServices:list',
  summary: 'List the services that an account is a delegated administrator for',
  input: Input({ ...Page, account_id: id }),
  output: Type.Object({
    delegated_services: Type.Array(Type.Object({ service_principal: text, delegation_enabled_at: text })),
    page_info: PageInfo,
  }),
  names: { account: 'account' },
  idsOf: ({ account_id }) => ({ account: account_id }),
  on: ['account'],
  who: 'readers',
  async work({ store }, input, { account }) {
    const rows = await store.read
      .selectFrom('organization_delegations')
      .selectAll()
      .where('account_uid', '=', account.id)
      .execute()
    const { page, page_info } = pageOf(rows, input, ({ service }) => service)
    const delegated_services = page.map(({ service, created_at }) => ({
      service_principal: service,
      delegation_enabled_at: dateText(created_at),
    }))
    return { delegated_services, page_info }
  },
  example: { account_id: '{organization.accountId}' },
})

const trusting = { input: Input({ service_principal }), output: Nothing, names: {}, on: [], facts } as const

export const enableTrustedService = orgWrite({
  call: 'EnableTrustedService',
  action: 'trustedServices:enable',
  summary: 'Trust a service in the organization',
  ...trusting,
  async work(tx, { author }, input) {
    await enableService(tx, input.service_principal, author)
    return {}
  },
  example: { service_principal: 'service.other' },
})

export const disableTrustedService = orgWrite({
  call: 'DisableTrustedService',
  action: 'trustedServices:disable',
  summary: 'Trust a service in the organization no more',
  ...trusting,
  async work(tx, _call, input) {
    await disableService(tx, input.service_principal)
    return {}
  },
  example: { service_principal: '{organization.delegatedService}' },
})

export const listTrustedServices = orgRead({
  call: 'ListTrustedServices',
  action: 'trustedServices:list',
  summary: 'List the services that are trusted in the organization',
  input: Input(Page),
  output: Type.Object({
    trusted_services: Type.Array(Type.Object({ service_principal: text, enabled_at: text })),
    page_info: PageInfo,
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }, input) {
    const rows = await store.read.selectFrom('organization_services').selectAll().execute()
    const { page, page_info } = pageOf(rows, input, ({ service }) => service)
    const trusted_services = page.map(({ service, created_at }) => ({
      service_principal: service,
      enabled_at: dateText(created_at),
    }))
    return { trusted_services, page_info }
  },
  example: {},
})
