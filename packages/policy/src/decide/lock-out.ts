import type { PolicyDocument } from '../document/model.ts'
import { languages } from '../language/index.ts'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import type { RequestPrincipal } from './types.ts'

/**
 * Whether a policy of a resource denies its own change to every user of an account, whatever their own policies say, so
 * that only the root identity could change it back. Denials under a condition are left aside: they may not hold for
 * everyone, at every time.
 */
export function locksOut(document: PolicyDocument, account: string): boolean {
  const action = languages[document.language].policyTypes.get(document.type)!.changedBy
  if (action === undefined) return false
  const certain = document.statements.filter(({ conditions }) => conditions.length === 0)
  // No policy can name a user whose name is empty, so what hits it hits everyone.
  const principal: RequestPrincipal = { kind: 'user', account, id: '' }
  const resource = compilePolicies(document.language, [
    { name: '', document: { ...document, statements: certain } },
  ])
  const request = { principal, action, resource: '*', context: new Map<string, string>() }
  return decide(document.language, request, { resource }).reason === 'ExplicitDeny'
}
