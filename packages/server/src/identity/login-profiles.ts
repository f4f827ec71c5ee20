import { refuse } from '../base/problem.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import type { Author } from './rows.ts'

/** That a user may sign in to a console, and what it has to do then. */
export interface LoginProfile {
  readonly resetRequired: boolean
  readonly mfaRequired: boolean
}

/** Raises `IdentityNotFound`. */
export async function readLoginProfile(
  db: ReadHandle,
  user: string,
): Promise<LoginProfile & { readonly createdAt: number }> {
  const row = await db.selectFrom('login_profiles').selectAll().where('user_id', '=', user).executeTakeFirst()
  if (!row) throw refuse({ code: 'IdentityNotFound', entity: 'login-profile' })
  return {
    resetRequired: Number(row.reset_required) === 1,
    mfaRequired: Number(row.mfa_required) === 1,
    createdAt: Number(row.created_at),
  }
}

/** Raises `IdentityExists` when the user has one. */
export async function createLoginProfile(
  tx: WriteHandle,
  account: string,
  user: string,
  { resetRequired, mfaRequired }: LoginProfile,
  { now }: Author,
): Promise<void> {
  const there = await tx.selectFrom('login_profiles').select('user_id').where('user_id', '=', user).execute()
  if (there.length > 0) throw refuse({ code: 'IdentityExists', entity: 'login-profile' })
  await tx
    .insertInto('login_profiles')
    .values({
      user_id: user,
      account_uid: account,
      reset_required: Number(resetRequired),
      mfa_required: Number(mfaRequired),
      created_at: now,
      version: 1,
    })
    .execute()
}

/** What is left out stays. Raises `IdentityNotFound`. */
export async function updateLoginProfile(
  tx: WriteHandle,
  user: string,
  change: { readonly resetRequired?: boolean | undefined; readonly mfaRequired?: boolean | undefined },
): Promise<void> {
  const was = await readLoginProfile(tx, user)
  await tx
    .updateTable('login_profiles')
    .set((eb) => ({
      reset_required: Number(change.resetRequired ?? was.resetRequired),
      mfa_required: Number(change.mfaRequired ?? was.mfaRequired),
      version: eb('version', '+', 1),
    }))
    .where('user_id', '=', user)
    .execute()
}

/** Raises `IdentityNotFound`. */
export async function deleteLoginProfile(tx: WriteHandle, user: string): Promise<void> {
  await readLoginProfile(tx, user)
  await tx.deleteFrom('login_profiles').where('user_id', '=', user).execute()
}
