import { type SqlBool, sql } from 'kysely'

/** Of a row of an account: that the account is not closed. What the clock begins for an account rests while it is. */
export const ofOpenAccount = (accountUid: string) => sql<SqlBool>`not exists (
  select 1 from account_closures where account_closures.id = ${sql.ref(accountUid)}
)`
