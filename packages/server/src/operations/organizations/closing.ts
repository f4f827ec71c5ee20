import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { closeAccount as close, listClosures } from '../../identity/closing.ts'
import { readDomainIds } from '../../identity/queries.ts'
import type { ReadHandle } from '../../store/store.ts'
import { dateText } from './describe.ts'
import { Input, id, Nothing, text } from './fields.ts'
import type { FoundClosed, FoundMember } from './found.ts'
import { assertNothingHolds } from './holdings.ts'
import { orgRead, orgWrite } from './iam-record.ts'

type Either = FoundClosed | FoundMember

/**
 * From the answer on nothing of the account can be called. What it holds stays until its window ends: the call has no way to
 * say that it may be lost, so it says in the audit and in a header what will be.
 */
export const closeAccount = orgWrite({
  call: 'CloseAccount',
  action: 'accounts:close',
  summary: 'Close an account that was made in the organization',
  input: Input({ account_id: id }),
  output: Nothing,
  names: { account: 'member-or-closed' },
  idsOf: ({ account_id }) => ({ account: account_id }),
  on: ['account'],
  binds: async (_: ReadHandle, { account }: { account?: Either }) => (account ? [account.id] : []),
  async work(tx, { author, organization, scope }, _input, { account }) {
    if ('closed' in account) throw refuse({ code: 'OrganizationRejects', reason: 'closed' })
    const lost = await assertNothingHolds(tx, account.id, 'all')
    const { ends_at } = await close(tx, account.id, organization.id, author.now)
    for (const { description } of lost) scope.warn(`lost after ${dateText(ends_at)}: ${description}`)
    return {}
  },
  example: { account_id: '{organization.madeId}' },
})

export const listCloseAccountStatuses = orgRead({
  call: 'ListCloseAccountStatuses',
  action: 'closeAccountStatuses:list',
  summary: 'List the accounts that the organization has closed',
  input: Input({
    states: Type.Optional(Type.Array(Type.Enum(['pending_closure', 'suspended']), { maxItems: 2 })),
  }),
  output: Type.Object({
    close_account_statuses: Type.Array(
      Type.Object({
        account_id: text,
        created_at: text,
        updated_at: text,
        organization_id: text,
        state: text,
        failure_reason: text,
      }),
    ),
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }, { states }, _things, organization) {
    // An account is closed at once: none is on its way.
    const wanted = states === undefined || states.includes('suspended')
    const closures = wanted ? await listClosures(store.read, organization.id) : []
    const domains = await readDomainIds(
      store.read,
      closures.map((closure) => closure.id),
    )
    const close_account_statuses = closures.map((closure) => ({
      account_id: domains.get(closure.id)!,
      created_at: dateText(closure.closed_at),
      updated_at: dateText(closure.destroyed_at > 0 ? closure.destroyed_at : closure.closed_at),
      organization_id: `o-${organization.id}`,
      state: 'suspended',
      failure_reason: '',
    }))
    return { close_account_statuses }
  },
  example: {},
})
