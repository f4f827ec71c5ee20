import type { CaseDocument } from '@keyward/policy'
import { didYouMean } from '@keyward/policy'
import { Stop } from '../exit.ts'
import type { Io } from '../io.ts'
import { builtIn } from './explain-input.ts'
import { type GivenFile, readBeside } from './files.ts'
import { languageNames } from './kind.ts'
import { knownNamesOf } from './known.ts'
import type { Entity, Person, Suite, SuitePolicy } from './suite.ts'
import { readFacts, readTest } from './suite-read-test.ts'
import { suiteMembers } from './suite-schema.ts'
import type { YamlReader } from './suite-yaml.ts'

type Nodes = ReadonlyMap<string, unknown>

/** Reads a suite. @throws Stop with every mistake and its place. */
export function readSuite(yaml: YamlReader, file: GivenFile, io: Io): Suite {
  const top = yaml.members(yaml.root, 'a suite', suiteMembers.suite) ?? new Map<string, unknown>()
  const given = top.has('language') ? yaml.text(top.get('language'), '`language`') : undefined
  const language = languageNames.find((name) => name === given)
  if (!language) yaml.tell(top.get('language') ?? yaml.root, '`language` is `ram` or `iam`')
  const declared = top.has('known') ? yaml.texts(top.get('known'), '`known`') : []
  const known = knownNamesOf(language ?? 'ram', declared)
  const policies = named(yaml, top, 'policies', (node, name) =>
    readPolicy(yaml, node, name, file, language ?? 'ram', io),
  )
  const names = (node: unknown, what: string) => policyNames(yaml, node, what, policies)
  const levels = (node: unknown) => yaml.items(node, '`organization`').map((level) => names(level, 'a level'))
  const people = named(yaml, top, 'people', (node): Person | undefined => {
    if (!yaml.isMap(node)) {
      const principal = yaml.text(node, 'a person')
      return principal === undefined ? undefined : { principal, root: false, identity: [] }
    }
    const members = yaml.members(node, 'a person', suiteMembers.person)!
    const principal = required(yaml, members, 'principal', node)
    const is = (name: 'root' | 'managesOrganization') => {
      const word = members.has(name) ? yaml.text(members.get(name), `\`${name}\``) : 'false'
      if (word !== 'true' && word !== 'false') yaml.tell(members.get(name), `\`${name}\` is true or false`)
      return word === 'true'
    }
    return {
      principal,
      root: is('root'),
      ...(is('managesOrganization') && { managesOrganization: true }),
      identity: members.has('identity') ? names(members.get('identity'), '`identity`') : [],
      ...(members.has('session') && { session: names(members.get('session'), '`session`') }),
      ...(members.has('organization') && { organization: levels(members.get('organization')) }),
    }
  })
  const tellName = (node: unknown, name: string) => {
    const problem = known.resource(name)
    if (problem !== undefined) yaml.tell(node, problem)
  }
  const resources = named(yaml, top, 'resources', (node): Entity | undefined => {
    if (!yaml.isMap(node)) {
      const name = yaml.text(node, 'a resource')
      if (name === undefined) return undefined
      tellName(node, name)
      return { name, facts: {} }
    }
    const members = yaml.members(node, 'a resource', suiteMembers.resource)!
    if (members.has('policy') && members.has('trust'))
      yaml.tell(members.get('trust'), 'a resource has `policy` or `trust`, not both')
    const owner = members.has('owner') ? yaml.text(members.get('owner'), '`owner`') : undefined
    const name = required(yaml, members, 'name', node)
    if (name !== '') tellName(members.get('name'), name)
    return {
      name,
      facts: readFacts(yaml, members.get('facts'), known),
      ...(owner !== undefined && { owner }),
      ...(members.has('policy') && { policy: names(members.get('policy'), '`policy`') }),
      ...(members.has('trust') && { trust: names(members.get('trust'), '`trust`') }),
    }
  })
  const tests = top.has('tests') ? yaml.items(top.get('tests'), '`tests`') : []
  if (tests.length === 0) yaml.tell(top.get('tests') ?? yaml.root, 'a suite has `tests`')
  const suite = {
    language: language ?? 'ram',
    policies,
    people,
    resources,
    facts: readFacts(yaml, top.get('facts'), known),
    ...(top.has('organization') && { organization: levels(top.get('organization')) }),
    tests: tests.flatMap((node, index) => readTest(yaml, node, index, people, resources, known) ?? []),
  }
  yaml.finish()
  return suite
}

function named<T>(
  yaml: YamlReader,
  top: Nodes,
  section: string,
  read: (node: unknown, name: string) => T | undefined,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  if (!top.has(section)) return found
  for (const [name, node] of yaml.members(top.get(section), `\`${section}\``) ?? []) {
    const one = read(node, name)
    if (one !== undefined) found.set(name, one)
  }
  return found
}

function required(yaml: YamlReader, members: Nodes, name: string, node: unknown): string {
  if (members.has(name)) return yaml.text(members.get(name), `\`${name}\``) ?? ''
  yaml.tell(node, `\`${name}\` is missing`)
  return ''
}

/** A policy: `file`, `document` or `system`; a text alone is the name of a file. */
function readPolicy(
  yaml: YamlReader,
  node: unknown,
  name: string,
  file: GivenFile,
  language: Suite['language'],
  io: Io,
): SuitePolicy | undefined {
  const beside = (path: string): SuitePolicy => ({ label: path, document: readBeside(file, path, io) })
  const attempt = (at: unknown, read: () => SuitePolicy) => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      yaml.tell(at, error.message)
      // Known by its name, so that its uses are not reported as well.
      return { label: name, document: '' }
    }
  }
  if (!yaml.isMap(node)) {
    const path = yaml.text(node, 'a policy')
    return path === undefined ? undefined : attempt(node, () => beside(path))
  }
  const members = yaml.members(node, 'a policy', suiteMembers.policy)!
  const [[kind, value] = [undefined, undefined], ...others] = [...members]
  if (kind === undefined || others.length > 0) {
    const has = kind === undefined ? 'none' : `${members.size}`
    yaml.tell(node, `this policy has ${has} of \`file\`, \`document\` and \`system\`: give one`)
    return undefined
  }
  if (kind === 'document') return attempt(value, () => ({ label: name, document: inline(yaml, value) }))
  const text = yaml.text(value, `\`${kind}\``)
  if (text === undefined) return undefined
  if (kind === 'file') return attempt(value, () => beside(text))
  return attempt(value, () => ({ label: `system:${text}`, document: builtIn(language, text) }))
}

/** A document in the suite: YAML for JSON, or JSON text. */
function inline(yaml: YamlReader, node: unknown): CaseDocument {
  if (!yaml.isMap(node)) return yaml.text(node, '`document`') ?? ''
  try {
    // Through text and back: what JSON cannot hold (a circle of aliases) is found here.
    return JSON.parse(JSON.stringify(yaml.value(node)))
  } catch {
    throw new Stop(2, '`document` cannot be written as JSON')
  }
}

function policyNames(
  yaml: YamlReader,
  node: unknown,
  what: string,
  policies: ReadonlyMap<string, SuitePolicy>,
): readonly string[] {
  const names = yaml.texts(node, what)
  for (const name of names) {
    if (!policies.has(name))
      yaml.tell(node, `there is no policy \`${name}\`${didYouMean(name, policies.keys())}`)
  }
  return names.filter((name) => policies.has(name))
}
