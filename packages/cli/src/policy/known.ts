import {
  type LanguageName,
  type PolicyCase,
  unknownAction,
  unknownConditionKey,
  unknownResource,
} from '@keyward/policy'

/** What is wrong with the names of a request, where a test is meant to prove something by it. */
export interface KnownNames {
  action(name: string): string | undefined
  conditionKey(name: string): string | undefined
  resource(name: string): string | undefined
}

/**
 * Judges names by the catalogue, and takes those that the author declares. Without this a mistyped name is denied by
 * every policy, and a test that expects the denial passes for no reason.
 */
export function knownNamesOf(language: LanguageName, declared: readonly string[]): KnownNames {
  const given = new Set(declared.map((name) => name.toLowerCase()))
  const judge = (fault: (language: LanguageName, name: string) => string | undefined) => (name: string) => {
    if (given.has(name.toLowerCase())) return undefined
    const problem = fault(language, name)
    if (problem === undefined || problem.includes('did you mean')) return problem
    return `${problem}; a name that is right all the same belongs in \`known\``
  }
  return {
    action: judge(unknownAction),
    conditionKey: judge(unknownConditionKey),
    resource: judge(unknownResource),
  }
}

/** Every unknown name of a case. */
export function unknownNames({ language, request, known: declared = [] }: PolicyCase): readonly string[] {
  const known = knownNamesOf(language, [declared].flat())
  return [
    known.action(request.action),
    known.resource(request.resource),
    ...Object.keys(request.context ?? {}).map(known.conditionKey),
  ].filter((problem) => problem !== undefined)
}
