import type { PolicyDocument, Statement } from '../document/model.ts'
import { languages } from '../language/index.ts'
import { decide } from './decide.ts'
import { actionHits, compileStatement } from './statement.ts'
import type { CompiledPolicies, LanguageName, RequestPrincipal } from './types.ts'

/*
 * What a lock-out is: a policy of a resource that nobody but the root identity can change any more, and an account in which
 * nobody but the root identity can give anyone a policy.
 */

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

/**
 * Whether these policies let a caller give policies to a user of the account, which is what it takes to let others in again.
 * A right under a condition does not count: nothing says that the condition will ever be met. `organization`: the levels of the
 * policies that bind the account.
 */
export function mayLetIn(
  language: LanguageName,
  principal: RequestPrincipal,
  user: string,
  identity: CompiledPolicies,
  organization?: readonly CompiledPolicies[],
): boolean {
  const { admission } = languages[language]
  const resource = admission.resource(principal.account, user)
  const request = { principal, action: admission.action, resource, context: new Map<string, string>() }
  return decide(language, request, { identity, ...(organization && { organization }) }).allowed
}
