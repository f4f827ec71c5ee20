import type { LanguageDefinition } from '../language/types.ts'
import { patternsMeet } from '../match/meet.ts'
import { cutName, resourceName } from '../match/resource-name.ts'
import type { ActionInfo } from '../service/types.ts'

/** Whether a Resource pattern can match a name of a type that one of the actions works on. */
export function resourceFits(
  language: LanguageDefinition,
  actions: readonly ActionInfo[],
  pattern: string,
): boolean {
  const templates = new Set(actions.flatMap((action) => templatesOf(language, action)))
  if ([...templates].some((template) => resourceMeets(language, pattern, template))) return true
  // An action without a type is asked for with `*`, and only a pattern that matches this text hits it.
  const untyped = actions.some((action) => action.resources.length === 0)
  return untyped && language.resource.compile(pattern).hits(resourceName('*'))
}

function templatesOf({ catalogue }: LanguageDefinition, action: ActionInfo): readonly string[] {
  const service = catalogue.services.find((one) => one.actions.includes(action))!
  return action.resources.map(({ type }) => service.resourceTypes.find((one) => one.name === type)!.template)
}

/** Real names have no colon in a segment, so a pattern of five segments is compared segment by segment. */
function resourceMeets({ resource }: LanguageDefinition, source: string, template: string): boolean {
  const open = template.replace(/\{[^}]*\}/g, '*')
  const own = cutName(source)
  const other = cutName(open)
  if (own.head === undefined || (own.colonInTail && resource.crossesColons)) return patternsMeet(source, open)
  const [left, right] = [resource.segments(own.head), resource.segments(other.head!)]
  return left.every((one, i) => patternsMeet(one, right[i]!)) && patternsMeet(own.tail, other.tail)
}
