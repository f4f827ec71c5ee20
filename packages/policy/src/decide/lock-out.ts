import type { PolicyDocument, Statement } from '../document/model.ts'
import { languages } from '../language/index.ts'
import { actionHits, compileStatement } from './statement.ts'
import type { RequestPrincipal } from './types.ts'

/**
 * The statements by which a policy of a resource denies its own change to every user of an account, whatever their own
 * policies say, so that only the root identity could change it back. Denials under a condition are left aside: they may
 * not hold for everyone, at every time.
 *
 * @param account the account that owns the resource; where it is not known, any that the policy names.
 */
export function lockOuts(document: PolicyDocument, account?: string): readonly Statement[] {
  const language = languages[document.language]
  const { changedBy } = language.policyTypes.get(document.type)!
  if (changedBy === undefined) return []
  const action = changedBy.toLowerCase()
  return document.statements.filter((source) => {
    if (source.effect.value !== 'Deny' || source.conditions.length > 0) return false
    const statement = compileStatement(language, '', document, source)
    if (!actionHits(language, statement, action)) return false
    const named = source.principal?.members.flatMap(({ values }) => values) ?? []
    const accounts =
      account === undefined ? ['', ...named.map(({ value }) => language.principal.account(value))] : [account]
    return accounts.some((one) => one !== undefined && (statement.principal?.(nameless(one), one) ?? true))
  })
}

/** No policy can name a user whose name is empty, so what hits it hits everyone of the account. */
const nameless = (account: string): RequestPrincipal => ({ kind: 'user', account, id: '' })
