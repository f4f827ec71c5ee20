import { didYouMean } from '@keyward/policy'
import { acts } from './case-file.ts'
import type { KnownNames } from './known.ts'
import {
  type Entity,
  type Expectation,
  expectations,
  type Facts,
  type Person,
  type SuiteTest,
} from './suite.ts'
import { suiteMembers } from './suite-schema.ts'
import type { YamlReader } from './suite-yaml.ts'

type Nodes = ReadonlyMap<string, unknown>

/** Condition keys with their values. */
export function readFacts(yaml: YamlReader, node: unknown, names: KnownNames): Facts {
  if (node === undefined) return {}
  const members = yaml.members(node, '`facts`') ?? new Map<string, unknown>()
  return Object.fromEntries(
    [...members].map(([key, value]) => {
      tellUnknown(yaml, value, names.conditionKey(key))
      const values = yaml.texts(value, `\`${key}\``)
      return [key, yaml.isList(value) ? values : (values[0] ?? '')]
    }),
  )
}

function tellUnknown(yaml: YamlReader, node: unknown, problem: string | undefined) {
  if (problem !== undefined) yaml.tell(node, problem)
}

/** One entry of `tests`; undefined, and reported, when too little of it is right. */
export function readTest(
  yaml: YamlReader,
  node: unknown,
  index: number,
  people: ReadonlyMap<string, Person>,
  resources: ReadonlyMap<string, Entity>,
  names: KnownNames,
): SuiteTest | undefined {
  const members = yaml.members(node, 'a test', suiteMembers.test)
  if (!members) return undefined
  const list = (name: string) => (members.has(name) ? yaml.texts(members.get(name), `\`${name}\``) : [])
  const who = list('as')
  // A name has a colon when it is an ARN or URN, and stands for itself.
  const known = (name: string, all: ReadonlyMap<string, unknown>, what: string, at: unknown) => {
    if (all.has(name) || name.includes(':') || name === '*') return
    yaml.tell(at, `there is no ${what} \`${name}\`${didYouMean(name, all.keys())}`)
  }
  for (const name of who) known(name, people, 'person', members.get('as'))
  const where = members.has('resource') ? list('resource') : ['*']
  for (const name of where) {
    known(name, resources, 'resource', members.get('resource'))
    if (!resources.has(name) && name.includes(':'))
      tellUnknown(yaml, members.get('resource'), names.resource(name))
  }
  const actions = list('action')
  for (const name of actions) tellUnknown(yaml, members.get('action'), names.action(name))
  const given = members.get('facts')
  const facts = yaml.isList(given) ? yaml.items(given, '`facts`') : [given]
  if (!members.has('expect')) yaml.tell(node, '`expect` is missing')
  else
    return {
      name: members.has('name') ? (yaml.text(members.get('name'), '`name`') ?? '') : `test ${index + 1}`,
      ...readAct(yaml, members.get('act')),
      rows: readRows(yaml, members, who, actions, names, (name, at) => known(name, people, 'person', at)),
      resources: where,
      facts: facts.map((one) => readFacts(yaml, one, names)),
    }
  return undefined
}

function readAct(yaml: YamlReader, node: unknown): Pick<SuiteTest, 'act'> {
  if (node === undefined) return {}
  const text = yaml.text(node, '`act`')
  const act = acts.find((one) => one === text)
  if (!act && text !== undefined)
    yaml.tell(node, `\`${text}\` is none of ${acts.join(', ')}${didYouMean(text, acts)}`)
  return act ? { act } : {}
}

/** One word for all of `as` and `action`; or a table, action by action, of a word or a word a person. */
function readRows(
  yaml: YamlReader,
  members: Nodes,
  who: readonly string[],
  actions: readonly string[],
  names: KnownNames,
  known: (name: string, at: unknown) => void,
): SuiteTest['rows'] {
  const expect = members.get('expect')
  const all = (node: unknown, word: Expectation | undefined) => {
    if (who.length === 0) yaml.tell(node, 'nobody asks in this test: it has no `as`')
    return new Map(word ? who.map((name) => [name, word]) : [])
  }
  if (!yaml.isMap(expect)) {
    if (actions.length === 0)
      yaml.tell(expect, 'this test asks for nothing: it has no `action`, and no actions below `expect`')
    const people = all(expect, readExpectation(yaml, expect))
    return actions.map((action) => ({ action, people }))
  }
  if (actions.length > 0)
    yaml.tell(members.get('action'), '`expect` is a table of actions: leave `action` out')
  const rows = yaml.members(expect, '`expect`') ?? []
  return [...rows].map(([action, row]) => {
    tellUnknown(yaml, row, names.action(action))
    if (!yaml.isMap(row)) return { action, people: all(row, readExpectation(yaml, row)) }
    if (who.length > 0) yaml.tell(members.get('as'), '`expect` is a table of people: leave `as` out')
    const cells = [...(yaml.members(row, `\`${action}\``) ?? [])]
    return {
      action,
      people: new Map(
        cells.flatMap(([name, cell]) => {
          known(name, cell)
          const word = readExpectation(yaml, cell)
          return word ? [[name, word] as const] : []
        }),
      ),
    }
  })
}

function readExpectation(yaml: YamlReader, node: unknown): Expectation | undefined {
  const text = yaml.text(node, '`expect`')
  const found = expectations.find((one) => one === text)
  if (!found && text !== undefined)
    yaml.tell(node, `\`${text}\` is none of ${expectations.join(', ')}${didYouMean(text, expectations)}`)
  return found
}
