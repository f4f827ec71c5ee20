import { Type } from 'typebox'
import { clearAccountAlias as clearRow, setAccountAlias as setRow } from '../../identity/accounts.ts'
import { nameField } from '../../identity/fields.ts'
import { NAME_RULES } from '../../identity/limits.ts'
import { Input, Nothing, text } from './fields.ts'
import { ramRead, ramWrite } from './record.ts'

const everything = () => ['*']

export const setAccountAlias = ramWrite({
  action: 'SetAccountAlias',
  summary: 'Give the account another name',
  input: Input({ AccountAlias: nameField('account alias', NAME_RULES.accountAlias) }),
  output: Nothing,
  on: [],
  also: everything,
  async work(tx, { account }, { AccountAlias }) {
    await setRow(tx, account, AccountAlias)
    return {}
  },
  example: { AccountAlias: '{identity.newName}' },
})

export const getAccountAlias = ramRead({
  action: 'GetAccountAlias',
  summary: 'Show the other name of the account; its uid where it has none',
  input: Input({}),
  output: Type.Object({ AccountAlias: text }),
  on: [],
  also: everything,
  async work({ caller, store }) {
    const { uid } = caller.account
    const row = await store.read
      .selectFrom('account_aliases')
      .select('alias')
      .where('account_uid', '=', uid)
      .executeTakeFirst()
    return { AccountAlias: row?.alias ?? uid }
  },
  example: {},
})

export const clearAccountAlias = ramWrite({
  action: 'ClearAccountAlias',
  summary: 'Take the other name from the account',
  input: Input({}),
  output: Nothing,
  on: [],
  also: everything,
  async work(tx, { account }) {
    await clearRow(tx, account)
    return {}
  },
  example: {},
})
