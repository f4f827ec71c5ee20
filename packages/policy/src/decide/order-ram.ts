import type { CompiledSet } from './compile.ts'
import type { LayerSet, Question } from './question.ts'
import type { Decision } from './types.ts'
import { allowedFreely, decidedBy, rootAllowed, rootDenied, silent } from './verdict.ts'

/** The order of RAM (reference: alibaba-ram D.3, with section 5 of the design). */
export function ramOrder(question: Question, layers: LayerSet): Decision {
  const { organization, callerOrganization, session } = layers
  const { principal, owner, action } = question
  if (action.decided === 'freely') return allowedFreely
  const own = principal.account === owner
  const root = principal.kind === 'root'

  // Control policies bind no service's role, nobody of the management account, and not the root identity of the account that they are about.
  const bound = !principal.serviceLinked && !principal.managesOrganization
  if (bound && organization !== undefined && !(root && own)) {
    const stopped = byLevels(organization, 'owner', question)
    if (stopped !== undefined) return stopped
  }
  if (bound && callerOrganization !== undefined && !root) {
    const stopped = byLevels(callerOrganization, 'caller', question)
    if (stopped !== undefined) return stopped
  }

  if (session !== undefined && !(root && own)) {
    const statement = session.deciding(question)
    if (statement === undefined) return silent('session')
    if (statement.effect === 'Deny') return decidedBy('session', statement)
  }

  const assuming = question.act === 'assume'
  if (root && assuming) return rootDenied
  if (root && own) return rootAllowed

  const identity = layers.identity?.deciding(question)
  if (identity?.effect === 'Deny') return decidedBy('identity', identity)
  const resource = action.decided === 'alone' ? undefined : layers.resource?.deciding(question)
  if (resource?.effect === 'Deny') return decidedBy('resource', resource)

  const twoSides = !own || assuming
  if (identity === undefined) {
    return resource === undefined || twoSides ? silent('identity') : decidedBy('resource', resource)
  }
  // What the owner of a resource can grant to another account is its use, never its management.
  const granted = resource !== undefined && (own || action.crossAccount)
  return twoSides && !granted ? silent('resource') : decidedBy('identity', identity)
}

/** Every level has to allow, from the account up to the root of the directory; what stops the request, if a level does. */
function byLevels(
  levels: readonly CompiledSet[],
  of: 'owner' | 'caller',
  question: Question,
): Decision | undefined {
  for (let level = levels.length - 1; level >= 0; level--) {
    const statement = levels[level]!.deciding(question)
    if (statement === undefined) return silent('organization', { level, of })
    if (statement.effect === 'Deny') return decidedBy('organization', statement, { level, of })
  }
  return undefined
}
