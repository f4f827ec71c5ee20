import type { LanguageDefinition } from '../language/types.ts'
import { patternsMeet } from '../match/meet.ts'
import { resourceName } from '../match/resource-name.ts'
import type { ActionInfo } from '../service/types.ts'

/** Whether a Resource pattern can match a name of a type that the action works on. */
export function resourceFits(language: LanguageDefinition, action: ActionInfo, pattern: string): boolean {
  // An action without a type is asked for with `*`, and only a pattern that matches this text hits it.
  if (action.resources.length === 0) return language.resource.compile(pattern).hits(starName)
  const service = language.catalogue.services.find((one) => one.actions.includes(action))!
  return action.resources.some(({ type }) => {
    const found = service.resourceTypes.find((one) => one.name === type)!
    return resourceMeets(language, pattern, found.template)
  })
}

const starName = resourceName('*')

/** Real names have no colon in a segment, so a pattern of five segments is compared segment by segment. */
function resourceMeets(language: LanguageDefinition, source: string, template: string): boolean {
  const pattern = language.resource.compile(source)
  const open = language.resource.compile(template.replace(/\{[^}]*\}/g, '*'))
  if (!pattern.head) return patternsMeet(source, open.source)
  const segments = pattern.head.segments.every((one, i) =>
    patternsMeet(one.source, open.head!.segments[i]!.source),
  )
  return segments && patternsMeet(pattern.tail!.source, open.tail!.source)
}
