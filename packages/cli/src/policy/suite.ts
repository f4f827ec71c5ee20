import type { Act, CaseDocument, ContextValue, LanguageName, PolicyCase } from '@keyward/policy'

/** What a test expects: a decision, or the reason of one. */
export const expectations = ['Allow', 'Deny', 'ExplicitDeny', 'ImplicitDeny'] as const
export type Expectation = (typeof expectations)[number]

/** A policy of a suite. */
export interface SuitePolicy {
  /** What reports call it: its name in the suite, or the name of its file. */
  readonly label: string
  readonly document: CaseDocument
}

export type Facts = Readonly<Record<string, ContextValue>>

export interface Person {
  readonly principal: string
  readonly root: boolean
  readonly managesOrganization?: boolean
  readonly identity: readonly string[]
  readonly session?: readonly string[]
  readonly organization?: readonly (readonly string[])[]
}

export interface Entity {
  readonly name: string
  readonly owner?: string
  readonly policy?: readonly string[]
  readonly trust?: readonly string[]
  readonly facts: Facts
}

/** One entry of `tests`: every combination of its lists is a request. */
export interface SuiteTest {
  readonly name: string
  readonly act?: Act
  /** Names of people, with what each is to get; one row an action. */
  readonly rows: readonly { readonly action: string; readonly people: ReadonlyMap<string, Expectation> }[]
  readonly resources: readonly string[]
  readonly facts: readonly Facts[]
}

/** A suite of the friendlier form: shared policies, people and resources, and tests over them. */
export interface Suite {
  readonly language: LanguageName
  readonly policies: ReadonlyMap<string, SuitePolicy>
  readonly people: ReadonlyMap<string, Person>
  readonly resources: ReadonlyMap<string, Entity>
  readonly organization?: readonly (readonly string[])[]
  readonly facts: Facts
  readonly tests: readonly SuiteTest[]
}

/** A case with what a report says of it. */
export interface TestCase {
  readonly name: string
  readonly entry: PolicyCase
  readonly expected: Expectation | undefined
  /** What the documents of the case are called. */
  readonly labels: ReadonlyMap<string, string>
}

/** How many cases a suite makes. */
export function suiteSize({ tests }: Suite): number {
  return tests.reduce((sum, { rows, resources, facts }) => {
    const requests = rows.reduce((all, { people }) => all + people.size, 0)
    return sum + requests * resources.length * facts.length
  }, 0)
}

/** The cases of a suite, made one by one. INVARIANT: the reader has seen that every name is there. */
export function* suiteCases(suite: Suite): Generator<TestCase> {
  for (const { name, act, rows, resources, facts } of suite.tests)
    for (const { action, people } of rows)
      for (const [who, expected] of people)
        for (const where of resources)
          for (const [index, given] of facts.entries()) {
            const number = facts.length > 1 ? ` [${index}]` : ''
            yield {
              name: `${name}: ${who} ${action} ${where}${number}`,
              expected,
              ...makeCase(suite, who, { ...(act && { act }), action }, where, given),
            }
          }
}

function makeCase(
  suite: Suite,
  who: string,
  what: Pick<PolicyCase['request'], 'act' | 'action'>,
  where: string,
  given: Facts,
) {
  // What is no name of the suite stands for itself.
  const person = suite.people.get(who) ?? { principal: who, root: false, identity: [] }
  const entity = suite.resources.get(where) ?? { name: where, facts: {} }
  const labels = new Map<string, string>()
  const layer = (at: string, names: readonly string[]) =>
    names.map((name, index) => {
      const { label, document } = suite.policies.get(name)!
      labels.set(`${at}[${index}]`, label)
      return document
    })
  const organization = (person as Person).organization ?? suite.organization
  const { session } = person as Person
  const { owner, trust } = entity as Entity
  const entry: PolicyCase = {
    language: suite.language,
    policies: {
      identity: layer('identity', person.identity),
      ...(session && { session: layer('session', session) }),
      ...(trust && { trust: layer('trust', trust) }),
      ...((entity as Entity).policy && { resource: layer('resource', (entity as Entity).policy!) }),
      ...(organization &&
        organization.length > 0 && {
          organization: organization.map((names, level) => layer(`organization[${level}]`, names)),
        }),
    },
    request: {
      principal: person.principal,
      root: person.root,
      ...((person as Person).managesOrganization && { managesOrganization: true }),
      ...what,
      resource: entity.name,
      ...(owner !== undefined && { resourceAccount: owner }),
      context: { ...suite.facts, ...entity.facts, ...given },
    },
  }
  return { entry, labels }
}
