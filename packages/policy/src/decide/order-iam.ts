import type { LayerSet, Question } from './question.ts'
import type { Decision } from './types.ts'
import { allowing, decidedBy, denying, eachLevel, rootAllowed, silent } from './verdict.ts'

/** The order of IAM (reference: huawei-iam G.3). A deny anywhere comes first; then each limit has to allow. */
export function iamOrder(question: Question, layers: LayerSet): Decision {
  const { principal, owner } = question
  const own = principal.account === owner
  const root = principal.kind === 'root' && own

  const levelDenies = eachLevel(layers, 'root', (at) => {
    const statement = denying(at.set, question)
    return statement && decidedBy('organization', statement, at)
  })
  if (levelDenies) return levelDenies
  const sessionDenies = denying(layers.session, question)
  if (sessionDenies) return decidedBy('session', sessionDenies)
  // No identity policy is about the root user of an account.
  const identityDenies = root ? undefined : denying(layers.identity, question)
  if (identityDenies) return decidedBy('identity', identityDenies)
  const resourceDenies = denying(layers.resource, question)
  if (resourceDenies) return decidedBy('resource', resourceDenies)

  const levelSilent = eachLevel(layers, 'root', (at) =>
    allowing(at.set, question) === undefined ? silent('organization', at) : undefined,
  )
  if (levelSilent) return levelSilent
  if (layers.session && !allowing(layers.session, question)) return silent('session')
  if (root) return rootAllowed

  const identityAllows = allowing(layers.identity, question)
  if (identityAllows && own) return decidedBy('identity', identityAllows)
  const resourceAllows = allowing(layers.resource, question)
  if (own) return resourceAllows ? decidedBy('resource', resourceAllows) : silent('identity')
  if (!identityAllows) return silent('identity')
  return resourceAllows ? decidedBy('identity', identityAllows) : silent('resource')
}
