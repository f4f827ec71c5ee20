import type { LayerSet, Question } from './question.ts'
import type { Decision } from './types.ts'
import { allowing, decidedBy, deciding, denying, eachLevel, rootAllowed, silent } from './verdict.ts'

/** Assuming a role takes the trust policy and the caller's own policies, within one account too. */
const bothSides = new Set(['sts:assumerole'])

/** The order of RAM (reference: alibaba-ram D.3, with section 5 of the design). */
export function ramOrder(question: Question, layers: LayerSet): Decision {
  const { principal, owner } = question
  const own = principal.account === owner
  const root = principal.kind === 'root'

  // Every level has to allow, from the account up to the root of the directory. Control policies do not bind the root
  // identity of the account that they are about.
  const level = eachLevel(layers, 'account', (at) => {
    if (root && (own || at.of === 'caller')) return undefined
    const statement = deciding(at.set, question)
    if (statement === undefined) return silent('organization', at)
    return statement.effect === 'Deny' ? decidedBy('organization', statement, at) : undefined
  })
  if (level) return level

  if (layers.session) {
    const statement = deciding(layers.session, question)
    if (statement === undefined) return silent('session')
    if (statement.effect === 'Deny') return decidedBy('session', statement)
  }

  const twoSides = !own || bothSides.has(question.action)
  if (root && !twoSides) return rootAllowed

  const identityDenies = denying(layers.identity, question)
  if (identityDenies) return decidedBy('identity', identityDenies)
  const resourceDenies = denying(layers.resource, question)
  if (resourceDenies) return decidedBy('resource', resourceDenies)

  const identityAllows = allowing(layers.identity, question)
  if (identityAllows && !twoSides) return decidedBy('identity', identityAllows)
  const resourceAllows = allowing(layers.resource, question)
  if (twoSides) {
    if (!identityAllows) return silent('identity')
    return resourceAllows ? decidedBy('identity', identityAllows) : silent('resource')
  }
  return resourceAllows ? decidedBy('resource', resourceAllows) : silent('identity')
}
