import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { changeSetting, readSetting } from '../../identity/account-settings.ts'
import { readAccount } from '../../identity/queries.ts'
import type { WriteHandle } from '../../store/store.ts'
import { findMember } from '../organizations/found.ts'
import { AccountId, Input, Nothing, text } from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

// Nothing is charged for. Who pays for a member comes back as it was said, so that what a client declares is what it reads.

const one = {
  names: { account: 'account' },
  idsOf: ({ AccountId }: { readonly AccountId: string }) => ({ account: AccountId }),
  on: ['account'],
} as const

/** Keeps who pays for a member. Raises `IdentityNotFound` for an account that is not in the resource directory. */
export async function setPayer(tx: WriteHandle, member: string, payer: string): Promise<void> {
  if (!(await findMember(tx, 'ram', payer))) throw refuse({ code: 'IdentityNotFound', entity: 'account' })
  await changeSetting(tx, member, 'payer', { uid: payer })
}

export const getPayerForAccount = directoryRead({
  call: 'GetPayerForAccount',
  summary: 'Show who was said to pay for a member; empty: nobody was said',
  input: Input({ AccountId }),
  output: Type.Object({ PayerAccountId: text, PayerAccountName: text }),
  ...one,
  async work({ store }, _input, { account }) {
    const { uid = '' } = await readSetting(store.read, account.id, 'payer')
    const payer = uid === '' ? undefined : await readAccount(store.read, 'id', String(uid))
    return { PayerAccountId: payer?.uid ?? '', PayerAccountName: payer?.name ?? '' }
  },
  example: { AccountId: '{organization.accountUid}' },
})

export const updatePayerForAccount = directoryWrite({
  call: 'UpdatePayerForAccount',
  summary: 'Say who pays for a member; nothing is charged for',
  input: Input({ AccountId, PayerAccountId: AccountId }),
  output: Nothing,
  ...one,
  async work(tx, _call, { PayerAccountId }, { account }) {
    await setPayer(tx, account.id, PayerAccountId)
    return {}
  },
  example: { AccountId: '{organization.accountUid}', PayerAccountId: '{organization.accountUid}' },
})
