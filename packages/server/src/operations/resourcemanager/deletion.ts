import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { assertClosable, closeAccount } from '../../identity/closing.ts'
import { setDeletionEnabled } from '../../identity/organization.ts'
import { noteChecked } from '../../identity/organization-members.ts'
import type { ReadHandle } from '../../store/store.ts'
import type { FoundMember } from '../organizations/found.ts'
import { assertNothingHolds, type Holding, holdingsOf } from '../organizations/holdings.ts'
import { dateText } from './describe.ts'
import { AccountId, Input, Nothing, text } from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

const byAccount = ({ AccountId }: { readonly AccountId: string }) => ({ account: AccountId })
const one = { names: { account: 'account' }, idsOf: byAccount, on: ['account'] } as const

/** Nothing is deleted while it is off. */
export const setMemberDeletionPermission = directoryWrite({
  call: 'SetMemberDeletionPermission',
  summary: 'Say whether members may be deleted',
  input: Input({ Status: Type.Union([Type.Literal('Enabled'), Type.Literal('Disabled')]) }),
  output: Type.Object({
    MemberDeletionStatus: text,
    ManagementAccountId: text,
    ResourceDirectoryId: text,
  }),
  names: {},
  on: [],
  async work(tx, { organization }, { Status }) {
    await setDeletionEnabled(tx, Status === 'Enabled')
    return {
      MemberDeletionStatus: Status,
      ManagementAccountId: organization.management.uid,
      ResourceDirectoryId: `rd-${organization.id}`,
    }
  },
  example: { Status: 'Enabled' },
})

/** The check is made when its result is asked for: what it says then is so. */
export const checkAccountDelete = directoryWrite({
  call: 'CheckAccountDelete',
  summary: 'Ask whether a member may be deleted',
  input: Input({ AccountId }),
  output: Nothing,
  ...one,
  async work(tx, { author }, _input, { account }) {
    await assertClosable(tx, account.id)
    await noteChecked(tx, account.id, author)
    return {}
  },
  example: { AccountId: '{organization.madeUid}' },
})

const Checks = Type.Array(Type.Object({ CheckId: text, CheckName: text, Description: text }))

export const getAccountDeletionCheckResult = directoryRead({
  call: 'GetAccountDeletionCheckResult',
  summary: 'Tell whether a member may be deleted, and what would be lost with it',
  input: Input({ AccountId }),
  output: Type.Object({
    AccountDeletionCheckResultInfo: Type.Object({
      Status: text,
      AllowDelete: text,
      NotAllowReason: Checks,
      AbandonableChecks: Checks,
    }),
  }),
  ...one,
  async work({ store }, _input, { account }, { deletion }) {
    if (Number(account.row.checked_at) === 0)
      throw refuse({ code: 'OrganizationRejects', reason: 'not-checked' })
    const holdings = await holdingsOf(store.read, account.id)
    const off = deletion ? [] : [SWITCHED_OFF]
    const stops = [...off, ...holdings.filter(({ blocks }) => blocks)]
    return {
      AccountDeletionCheckResultInfo: {
        Status: 'PreCheckComplete',
        AllowDelete: String(stops.length === 0),
        NotAllowReason: stops.map(described),
        AbandonableChecks: holdings.filter(({ blocks }) => !blocks).map(described),
      },
    }
  },
  example: { AccountId: '{organization.madeUid}' },
})

const SWITCHED_OFF: Holding = Object.freeze({
  id: 'RD_MemberDeletion',
  name: 'ResourceDirectory',
  description: 'The deletion of members is not enabled: call SetMemberDeletionPermission.',
  blocks: true,
})

function described({ id, name, description }: Holding) {
  return { CheckId: id, CheckName: name, Description: description }
}

/** From the answer on nothing of the account can be called; what it holds stays until its window ends. */
export const deleteAccount = directoryWrite({
  call: 'DeleteAccount',
  summary: 'Delete a member that was made in the resource directory',
  input: Input({
    AccountId,
    AbandonableCheckId: Type.Optional(Type.Array(text, { maxItems: 100 })),
  }),
  output: Type.Object({ DeletionType: text }),
  ...one,
  binds: async (_: ReadHandle, { account }: { account?: FoundMember }) => (account ? [account.id] : []),
  async work(tx, { author, organization }, { AbandonableCheckId = [] }, { account }) {
    await assertClosable(tx, account.id)
    if (!organization.deletion) throw refuse({ code: 'OrganizationRejects', reason: 'deletion-off' })
    await assertNothingHolds(tx, account.id, AbandonableCheckId)
    await closeAccount(tx, account.id, organization.id, author.now)
    return { DeletionType: AFTER_A_WINDOW }
  },
  example: { AccountId: '{organization.madeUid}' },
})

/** Not at once: after the silence period, as the cloud calls it. */
const AFTER_A_WINDOW = '1'

export const getAccountDeletionStatus = directoryRead({
  call: 'GetAccountDeletionStatus',
  summary: 'Tell how far the deletion of a member is',
  input: Input({ AccountId }),
  output: Type.Object({
    RdAccountDeletionStatus: Type.Object({
      AccountId: text,
      Status: text,
      CreateTime: text,
      DeletionTime: text,
      DeletionType: text,
      FailReasonList: Type.Array(Type.Object({ Name: text, Description: text })),
    }),
  }),
  ...one,
  names: { account: 'member-or-ended' },
  work(_scope, _input, { account }) {
    if (!('closed' in account)) throw refuse({ code: 'OrganizationRejects', reason: 'not-checked' })
    const { row } = account
    const ended = Number(row.destroyed_at) > 0
    return {
      RdAccountDeletionStatus: {
        AccountId: account.id,
        Status: ended ? 'Success' : 'Deleting',
        CreateTime: dateText(row.closed_at),
        DeletionTime: dateText(ended ? row.destroyed_at : row.ends_at),
        DeletionType: AFTER_A_WINDOW,
        FailReasonList: [],
      },
    }
  },
  example: { AccountId: '{organization.madeUid}' },
})
