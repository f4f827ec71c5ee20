import type { CompiledSet } from './compile.ts'
import type { LayerSet, Question } from './question.ts'
import type { Decision } from './types.ts'
import { decidedBy, rootAllowed, rootDenied, silent } from './verdict.ts'

/** The order of IAM (reference: huawei-iam G.3): a Deny anywhere comes first, then each limit has to allow. */
export function iamOrder(question: Question, layers: LayerSet): Decision {
  const { principal, owner } = question
  const own = principal.account === owner
  const root = principal.kind === 'root'
  const assuming = question.act === 'assume'
  // SCPs bind no agency of a service, and nobody of the management account.
  const bound = !principal.serviceLinked && !principal.managesOrganization

  const ownerLevels = bound && layers.organization && byLevels(layers.organization, 'owner', question)
  if (ownerLevels && ownerLevels.reason === 'ExplicitDeny') return ownerLevels
  const callerLevels =
    bound && layers.callerOrganization && byLevels(layers.callerOrganization, 'caller', question)
  if (callerLevels && callerLevels.reason === 'ExplicitDeny') return callerLevels
  const session = layers.session?.deciding(question)
  if (session?.effect === 'Deny') return decidedBy('session', session)
  // No identity policy is about the root user of an account, and it needs none.
  const identity = root ? undefined : layers.identity?.deciding(question)
  if (identity?.effect === 'Deny') return decidedBy('identity', identity)
  const resource = layers.resource?.deciding(question)
  if (resource?.effect === 'Deny') return decidedBy('resource', resource)

  if (ownerLevels) return ownerLevels
  if (callerLevels) return callerLevels
  if (layers.session !== undefined && session === undefined) return silent('session')
  if (root && assuming) return rootDenied
  if (root && own) return rootAllowed

  const twoSides = !own || assuming
  const granted = resource !== undefined && (own || question.action.crossAccount)
  // What another account may be granted is to assume, and that no root identity may.
  if (root) return silent('resource')
  if (identity === undefined)
    return !twoSides && granted ? decidedBy('resource', resource) : silent('identity')
  return !twoSides || granted ? decidedBy('identity', identity) : silent('resource')
}

/** The first level that denies; else the first that says nothing; undefined when every level allows. */
function byLevels(
  levels: readonly CompiledSet[],
  of: 'owner' | 'caller',
  question: Question,
): Decision | undefined {
  let quiet = -1
  for (let level = 0; level < levels.length; level++) {
    const statement = levels[level]!.deciding(question)
    if (statement === undefined) quiet = quiet < 0 ? level : quiet
    else if (statement.effect === 'Deny') return decidedBy('organization', statement, { level, of })
  }
  return quiet < 0 ? undefined : silent('organization', { level: quiet, of })
}
