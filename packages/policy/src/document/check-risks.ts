import type { LanguageDefinition, PolicyTypeRules } from '../language/types.ts'
import type { PolicyDocument, Statement } from './model.ts'
import type { Report } from './syntax.ts'

/** Conditions on these say who calls or from where: what they open is not open to everyone. */
const narrows =
  /^(?:acs:(?:principal|sourceip|sourcevpc|vpcsourceip|accessid|sourceidentity)|g:(?:principal|source|vpcsourceip|domain|user(?:name|id)|calledvia|viaservice)|sts:(?:externalid|sourceidentity))/i

/**
 * Warns of what is valid, does what it says, and is more than most authors mean. Told by `keyward policy check` alone:
 * the clouds and the service take such documents as they are.
 */
export function checkRisks(
  document: PolicyDocument,
  language: LanguageDefinition,
  rules: PolicyTypeRules,
  to: Report,
): void {
  for (const statement of document.statements) {
    if (statement.effect.value !== 'Allow') continue
    if (document.type === 'identity') checkReach(statement, to)
    if (rules.principals) checkOpen(statement, document.type, language, to)
  }
}

function checkReach({ action, resource, conditions }: Statement, to: Report) {
  if (conditions.length > 0 || resource?.paths) return
  const everywhere =
    !resource || (!resource.negated && resource.values.some(({ value }) => /^[*:]+$/.test(value)))
  if (!everywhere) return
  const all = action.negated ? undefined : action.values.find(({ value }) => /^[*:]+$/.test(value))
  if (all)
    to.add('ALLOWS_EVERYTHING', all, 'this allows every action on every resource to whoever has the policy')
  else if (action.negated && action.values.length > 0)
    to.add(
      'ALLOWS_ALL_BUT',
      action.span,
      'this allows every action on every resource but these, also those that services gain later',
    )
}

function checkOpen(
  { principal, conditions }: Statement,
  type: PolicyDocument['type'],
  language: LanguageDefinition,
  to: Report,
) {
  if (!principal || conditions.some(({ key, ifExists }) => !ifExists && narrows.test(key.value))) return
  const what = type === 'trust' ? 'role' : type
  if (principal.negated) {
    to.add('OPEN_TO_EVERYONE', principal.span, `this lets everyone into the ${what} but those it names`)
    return
  }
  const open = principal.members
    .filter(({ member }) => member !== 'Service' && member !== 'Federated')
    .flatMap(({ values }) => values)
    .find(({ value }) => value === '*' || language.principal.account(value)?.includes('*'))
  if (open)
    to.add(
      'OPEN_TO_EVERYONE',
      open,
      type === 'trust'
        ? `\`${open.value}\` lets everyone of every account open sessions of this role`
        : `\`${open.value}\` lets everyone of every account into this ${what}`,
    )
}
