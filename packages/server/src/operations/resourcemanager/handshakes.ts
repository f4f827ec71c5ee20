import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { newTreeId } from '../../identity/ids.ts'
import { endHandshake, findHandshake, inviteAccount } from '../../identity/organization-handshakes.ts'
import { readAccount } from '../../identity/queries.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import {
  assertNotLeft,
  type FoundHandshake,
  loadOrganization,
  type Organization,
} from '../organizations/found.ts'
import type { WriteCall } from '../organizations/record.ts'
import { describeHandshake } from './describe.ts'
import { AccountId, FolderId, Handshake, HandshakeId, Input, Page, Paged, pageOf, Tag } from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

const output = Type.Object({ Handshake: Type.Object(Handshake) })
const one = {
  input: Input({ HandshakeId }),
  names: { handshake: 'handshake' },
  idsOf: ({ HandshakeId }: { readonly HandshakeId: string }) => ({ handshake: HandshakeId }),
  on: [],
} as const

/** What there is to tell of a handshake, after a call changed it. */
async function shown(db: ReadHandle, id: string, now: number) {
  const organization = (await loadOrganization(db))!
  const row = (await findHandshake(db, id))!
  return { Handshake: describeHandshake({ id, row }, organization, now) }
}

/** Only what an account answers to binds it: an invitation alone changes nothing. */
export const inviteAccountToResourceDirectory = directoryWrite({
  call: 'InviteAccountToResourceDirectory',
  summary: 'Invite an account into the resource directory',
  input: Input({
    TargetEntity: AccountId,
    TargetType: Type.Literal('Account'),
    ParentFolderId: Type.Optional(FolderId),
    Note: Type.Optional(Type.String({ maxLength: 1024 })),
    Tag: Type.Optional(Tag),
  }),
  output,
  names: { parent: 'folder' },
  idsOf: ({ ParentFolderId }) => ({ parent: ParentFolderId }),
  on: [],
  prepare: async ({ store }, { TargetEntity }) => {
    const account = await readAccount(store.read, 'id', TargetEntity)
    if (!account) throw refuse({ code: 'IdentityNotFound', entity: 'account' })
    return { id: newTreeId(), account: account.uid }
  },
  async work(tx, { author }, { Note: note = '' }, { parent }, { id, account }) {
    await inviteAccount(tx, { id, account, folder: parent.id, note }, author)
    return shown(tx, id, author.now)
  },
  example: { TargetEntity: '{organization.strangerUid}', TargetType: 'Account' },
})

export const getHandshake = directoryRead({
  call: 'GetHandshake',
  summary: 'Show an invitation, to the account that invites or the one that is invited',
  ...one,
  output,
  who: 'own',
  without: true,
  work({ store, clock }, _input, { handshake }, _organization, { standing }) {
    assertNotLeft(handshake, standing, 'handshake')
    return shown(store.read, handshake.id, clock.now())
  },
  example: { HandshakeId: '{organization.handshakeId}' },
})

export const cancelHandshake = directoryWrite({
  call: 'CancelHandshake',
  summary: 'Take back an invitation',
  ...one,
  output,
  work: (tx, call, _input, { handshake }) => end(tx, call, handshake, 'cancelled'),
  example: { HandshakeId: '{organization.handshakeId}' },
})

/** The account that is invited becomes a member: what it may do is bound from then on. */
export const acceptHandshake = directoryWrite({
  call: 'AcceptHandshake',
  summary: 'Accept an invitation; the account is a member from then on',
  ...one,
  output,
  who: 'own',
  without: true,
  work: (tx, call, _input, { handshake }) => end(tx, call, handshake, 'accepted'),
  example: { HandshakeId: '{organization.handshakeId}' },
})

export const declineHandshake = directoryWrite({
  call: 'DeclineHandshake',
  summary: 'Decline an invitation',
  ...one,
  output,
  who: 'own',
  without: true,
  work: (tx, call, _input, { handshake }) => end(tx, call, handshake, 'declined'),
  example: { HandshakeId: '{organization.handshakeId}' },
})

/** Raises `IdentityNotFound` where the management account answers in the place of the one that it invites. */
async function end(
  tx: WriteHandle,
  { author, scope }: WriteCall,
  { id, account }: FoundHandshake,
  status: 'accepted' | 'cancelled' | 'declined',
) {
  if (status !== 'cancelled' && account.uid !== scope.caller.account.uid)
    throw refuse({ code: 'IdentityNotFound', entity: 'handshake' })
  await endHandshake(tx, id, status, author)
  return shown(tx, id, author.now)
}

const listed = Type.Object({
  ...Paged,
  Handshakes: Type.Object({ Handshake: Type.Array(Type.Object(Handshake)) }),
})

async function list(
  db: ReadHandle,
  input: Static<ReturnType<typeof Input<typeof Page>>>,
  organization: Organization | undefined,
  now: number,
  account?: string,
) {
  const all = db.selectFrom('organization_handshakes').selectAll().orderBy('created_at').orderBy('id')
  const rows = await (account === undefined ? all : all.where('account_uid', '=', account)).execute()
  const { page, ...more } = pageOf(organization ? rows : [], input)
  const shown = page.map((row) => describeHandshake({ id: row.id, row }, organization!, now))
  return { ...more, Handshakes: { Handshake: shown } }
}

export const listHandshakesForResourceDirectory = directoryRead({
  call: 'ListHandshakesForResourceDirectory',
  summary: 'List the invitations into the resource directory',
  input: Input(Page),
  output: listed,
  names: {},
  on: [],
  work: ({ store, clock }, input, _things, organization) =>
    list(store.read, input, organization, clock.now()),
  example: {},
})

export const listHandshakesForAccount = directoryRead({
  call: 'ListHandshakesForAccount',
  summary: 'List the invitations of the account',
  input: Input(Page),
  output: listed,
  names: {},
  on: [],
  who: 'own',
  without: true,
  async work({ store, clock, caller }, input) {
    const organization = await loadOrganization(store.read)
    return list(store.read, input, organization, clock.now(), caller.account.uid)
  },
  example: {},
})
