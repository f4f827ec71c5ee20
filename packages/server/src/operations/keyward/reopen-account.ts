import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { type ClosureRow, findClosure, reopenAccount as reopen } from '../../identity/closing.ts'
import { nameField } from '../../identity/fields.ts'
import { NAME_RULES } from '../../identity/limits.ts'
import { readOperator } from '../../identity/queries.ts'
import { moveDirectory } from '../../identity/rows.ts'
import { writeOperation } from '../../pipeline/operation.ts'

interface Target {
  readonly closure: ClosureRow | undefined
  readonly operator: string
  /** Empty where the account's organization is gone. */
  readonly management: string
}

/** Of the operator alone, as the world of every account is: who may close an account may not thereby open any. */
export const reopenAccount = writeOperation({
  name: 'keyward:ReopenAccount',
  summary: 'Open a closed account again, as long as its window has not ended',
  effect: 'write',
  input: Type.Object(
    {
      AccountUid: Type.String({ minLength: 1, maxLength: 64 }),
      /** Its name from then on; the one that it had when it is left out. */
      Name: Type.Optional(nameField('account name', NAME_RULES.account)),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ AccountUid: Type.String(), Name: Type.String() }),
  async resolve({ store }, { AccountUid }): Promise<Target> {
    const { id: operator } = await readOperator(store.read)
    const organizations = store.read.selectFrom('organizations').select('management_uid')
    const { management_uid = '' } = (await organizations.executeTakeFirst()) ?? {}
    return { closure: await findClosure(store.read, AccountUid), operator, management: management_uid }
  },
  checks: ({ caller }, { AccountUid }, { operator }: Target) => [
    {
      language: 'ram',
      action: 'keyward:ReopenAccount',
      resource: `acs:keyward:*:${AccountUid}:world`,
      owner: caller.account.uid === operator ? caller.account.uid : operator,
      facts: {},
    },
  ],
  state(_scope, _input, { closure }) {
    if (!closure)
      throw refuse({ code: 'InvalidParameter', name: 'AccountUid', detail: 'there is no closed account' })
  },
  decided: ({ closure }) =>
    closure ? [{ table: 'account_closures', id: closure.id, version: closure.version }] : [],
  touches: ({ caller }, { AccountUid }, { closure, operator, management }) =>
    [...new Set([caller.account.uid, operator, management, ...(closure ? [AccountUid] : [])])]
      .filter((account) => account !== '')
      .map((account) => ({ account, kind: 'identity' as const })),
  prepare: (_scope, { Name }, { closure }) => ({ closure: closure!, name: Name ?? closure!.name }),
  async work(tx, { clock }, { AccountUid }, { operator }, { closure, name }) {
    await moveDirectory(tx, operator)
    await moveDirectory(tx, AccountUid)
    await reopen(tx, closure, name, { now: clock.now(), by: 'api' })
    return { AccountUid, Name: name }
  },
  example: { AccountUid: '{organization.madeUid}' },
})
