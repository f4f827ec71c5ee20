import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { newTreeId } from '../../identity/ids.ts'
import { endHandshake, inviteAccount as invite } from '../../identity/organization-handshakes.ts'
import { accountOf, readAccount } from '../../identity/queries.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import { describeHandshake } from './describe.ts'
import { Handshake, Input, id, Page, PageInfo, text } from './fields.ts'
import { assertNotLeft, type FoundHandshake, findInvitation, loadOrganization } from './found.ts'
import { orgRead, orgWrite } from './iam-record.ts'
import { organizationsAgency } from './make.ts'
import { readPage } from './pages.ts'
import type { WriteCall } from './record.ts'

const output = Type.Object({ handshake: Handshake })
const one = {
  input: Input({ handshake_id: id }),
  output,
  names: { handshake: 'handshake' },
  idsOf: ({ handshake_id }: { readonly handshake_id: string }) => ({ handshake: handshake_id }),
  on: ['handshake'],
  example: {
    handshake_id: '{organization.handshakeId}',
  },
} as const

/** What there is to tell of an invitation, after a call changed it. */
async function shown(db: ReadHandle, text: string, now: number) {
  const organization = (await loadOrganization(db))!
  return { handshake: describeHandshake((await findInvitation(db, text))!, organization, now) }
}

/** Only what an account answers to binds it: an invitation alone changes nothing. */
export const inviteAccount = orgWrite({
  call: 'InviteAccount',
  action: 'accounts:invite',
  summary: 'Invite an account into the organization',
  input: Input({
    target: Type.Object({ type: Type.Literal('account'), entity: id }, { additionalProperties: false }),
    notes: Type.Optional(Type.String({ maxLength: 1024 })),
  }),
  output,
  names: {},
  on: [],
  prepare: async ({ store }, { target }) => {
    const account = await readAccount(store.read, 'domain_id', target.entity)
    if (!account) throw refuse({ code: 'IdentityNotFound', entity: 'account' })
    return { made: newTreeId(), account: account.uid }
  },
  async work(tx, { author, organization }, { notes = '' }, _things, { made, account }) {
    await invite(tx, { id: made, account, folder: organization.root.id, note: notes }, author)
    return shown(tx, `h-${made}`, author.now)
  },
  example: { target: { type: 'account', entity: '{organization.strangerId}' } },
})

export const showHandshake = orgRead({
  call: 'ShowHandshake',
  action: 'handshakes:get',
  summary: 'Show an invitation, to the account that invites or the one that is invited',
  ...one,
  who: 'own',
  without: true,
  work({ store, clock }, _input, { handshake }, _organization, { standing }) {
    assertNotLeft(handshake, standing, 'organization')
    return shown(store.read, `h-${handshake.id}`, clock.now())
  },
})

export const cancelHandshake = orgWrite({
  call: 'CancelHandshake',
  action: 'handshakes:cancel',
  summary: 'Take back an invitation',
  ...one,
  work: (tx, call, _input, { handshake }) => end(tx, call, handshake, 'cancelled'),
})

/** The account that is invited becomes a member: what it may do is bound from then on. */
export const acceptHandshake = orgWrite({
  call: 'AcceptHandshake',
  action: 'handshakes:accept',
  summary: 'Accept an invitation; the account is a member from then on',
  ...one,
  who: 'own',
  dependsOn: organizationsAgency,
  without: true,
  work: (tx, call, _input, { handshake }) => end(tx, call, handshake, 'accepted'),
})

export const declineHandshake = orgWrite({
  call: 'DeclineHandshake',
  action: 'handshakes:decline',
  summary: 'Decline an invitation',
  ...one,
  who: 'own',
  without: true,
  work: (tx, call, _input, { handshake }) => end(tx, call, handshake, 'declined'),
})

async function end(
  tx: WriteHandle,
  { author, scope }: WriteCall,
  { id, account }: FoundHandshake,
  status: 'accepted' | 'cancelled' | 'declined',
) {
  if (status !== 'cancelled' && account.uid !== scope.caller.account.uid)
    throw refuse({ code: 'IdentityNotFound', entity: 'handshake' })
  await endHandshake(tx, id, status, author)
  return shown(tx, `h-${id}`, author.now)
}

const listed = Type.Object({ handshakes: Type.Array(Handshake), page_info: PageInfo })
const asked = Input({ ...Page, status: Type.Optional(text) })

async function list(
  db: ReadHandle,
  input: { limit?: number; marker?: string },
  now: number,
  account?: string,
) {
  const organization = await loadOrganization(db)
  if (!organization) return { handshakes: [], page_info: { current_count: 0 } }
  const all = db
    .selectFrom('organization_handshakes')
    .innerJoin('accounts', 'accounts.id', 'organization_handshakes.account_uid')
    .selectAll('organization_handshakes')
    .select(['accounts.domain_id', 'accounts.project_id', 'accounts.name'])
    .orderBy('organization_handshakes.id')
  const asked = account === undefined ? all : all.where('account_uid', '=', account)
  const { page, page_info } = await readPage(
    input,
    (after, limit) => asked.where('organization_handshakes.id', '>', after).limit(limit).execute(),
    (row) => row.id,
  )
  const handshakes = page.map(({ domain_id, project_id, name, ...row }) => {
    const found = accountOf({ id: row.account_uid, domain_id, project_id, name })
    return describeHandshake({ id: row.id, row, account: found }, organization, now)
  })
  return { handshakes, page_info }
}

export const listHandshakes = orgRead({
  call: 'ListHandshakes',
  action: 'handshakes:list',
  summary: 'List the invitations into the organization',
  input: asked,
  output: listed,
  names: {},
  on: [],
  work: ({ store, clock }, input) => list(store.read, input, clock.now()),
  example: {},
})

export const listReceivedHandshakes = orgRead({
  call: 'ListReceivedHandshakes',
  action: 'receivedHandshakes:list',
  summary: 'List the invitations of the account',
  input: asked,
  output: listed,
  names: {},
  on: [],
  who: 'own',
  without: true,
  work: ({ store, clock, caller }, input) => list(store.read, input, clock.now(), caller.account.uid),
  example: {},
})
