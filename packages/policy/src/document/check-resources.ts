import { patternsMeet } from '../match/meet.ts'
import type { ActionInfo } from '../service/types.ts'
import type { Scene } from './check.ts'
import { type ActionsTaken, serviceOf } from './check-actions.ts'
import type { Located, Statement } from './model.ts'
import { resourceFits } from './resource-type.ts'

/** Warns of resources that no action of the statement takes, and of actions that no resource of it suits. */
export function checkResources(
  scene: Scene,
  statement: Statement,
  { byValue, complete }: ActionsTaken,
): void {
  const { language, rules, to, misspelt } = scene
  const { resource } = statement
  if (!resource) return
  if (resource.paths) {
    const paths = resource.values.filter(({ value }) => value !== '*')
    for (const path of paths)
      to.add(
        'LEGACY_RESOURCE',
        path,
        `\`${path.value}\` is a path; requests here name resources, so that it matches none`,
      )
    return
  }
  for (const value of resource.values) checkName(scene, value)
  if (resource.negated) {
    if (resource.values.some(({ value }) => value === '*'))
      to.add(
        'NEVER_MATCHES',
        resource.span,
        'this leaves out every resource, so that the statement matches nothing',
      )
    return
  }
  // Where a resource can only be one thing, whatever else stands there is refused already.
  if (rules.onlyResource?.allowOnly === false || statement.action.negated) return
  const well = resource.values.filter((value) => !language.resource.fault(value.value))
  // One finding a cause: where a name is misspelt, what does not fit is not said as well.
  if (well.length < resource.values.length || well.some((value) => misspelt.has(value))) return
  const sure = (actions: readonly ActionInfo[]) =>
    actions.every((action) => serviceOf(language.catalogue.services, action).missing !== 'all')
  const all = [...byValue.values()].flat()
  const nothingFits = new Set<Located<string>>()
  for (const [value, actions] of byValue) {
    if (!sure(actions) || well.some((one) => resourceFits(language, actions, one.value))) continue
    nothingFits.add(value)
  }
  const every = complete && all.length > 0 && sure(all)
  if (every) {
    for (const value of well) {
      if (resourceFits(language, all, value.value)) continue
      to.add('RESOURCE_TYPE_MISMATCH', value, `no action of the statement works on \`${value.value}\``)
    }
  }
  if (every && nothingFits.size === byValue.size) {
    to.add('NEVER_MATCHES', resource.span, 'no action of the statement works on any of these resources')
    return
  }
  for (const value of nothingFits)
    to.add(
      'ACTION_WITHOUT_RESOURCE',
      value,
      `\`${value.value}\` works on none of the resources of the statement`,
    )
}

/** What is wrong with a name, whatever the actions are. */
function checkName({ language, dialect, to, misspelt }: Scene, value: Located<string>): void {
  const { resource, accountId } = language
  const { value: text } = value
  if (misspelt.has(value) || resource.fault(text)) return
  const named =
    text === '*' || (text.startsWith(resource.everyName.split('*')[0]!) && text.split(':').length > 4)
  if (!named && !patternsMeet(text, resource.everyName)) {
    to.add('RESOURCE_TYPE_MISMATCH', value, `no resource is named \`${text}\`; a name is ${resource.form}`)
    misspelt.add(value)
    return
  }
  const account = text.split(':').length === 5 || !resource.crossesColons ? resource.account(text) : undefined
  if (account !== undefined && !accountId.pattern.test(account)) {
    to.add('INVALID_ACCOUNT', value, `\`${account}\` is no account: an account id is ${accountId.words}`)
    misspelt.add(value)
    return
  }
  const service = text.split(':')[0]!
  if (!resource.plainService || dialect.names !== 'own' || text === '*' || /^[a-z0-9-]+$/.test(service))
    return
  to.add(
    'SERVICE_NOT_PLAIN',
    value,
    `a service is written in lower case and without wildcards, not \`${service}\``,
  )
}
