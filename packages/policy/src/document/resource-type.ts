import type { LanguageDefinition } from '../language/types.ts'
import { patternsMeet } from '../match/meet.ts'
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

const starName = { text: '*', head: undefined, tail: '*', colonInTail: false }

function resourceMeets(language: LanguageDefinition, pattern: string, template: string): boolean {
  const open = template.replace(/\{[^}]*\}/g, '*')
  if (language.resource.crossesColons || pattern === '*') return patternsMeet(pattern, open)
  const cut = (name: string) => {
    const parts = name.split(':')
    return [parts[0]!.toLowerCase(), ...parts.slice(1, 4), parts.slice(4).join(':')]
  }
  const left = cut(pattern)
  return cut(open).every((part, i) => patternsMeet(left[i]!, part))
}
