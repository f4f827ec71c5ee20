import { acts } from './case-file.ts'
import { expectations } from './suite.ts'

/** Members of a suite and of its parts, for the reader and for the schema. */
export const suiteMembers = {
  suite: ['language', 'policies', 'people', 'resources', 'organization', 'facts', 'known', 'tests'],
  policy: ['file', 'document', 'system'],
  person: ['principal', 'root', 'managesOrganization', 'identity', 'session', 'organization'],
  resource: ['name', 'owner', 'policy', 'trust', 'facts'],
  test: ['name', 'act', 'as', 'action', 'resource', 'facts', 'expect'],
} as const

const actMeaning =
  'What is decided: a call, which is the default; `assume`, the opening of a session of a role; `veto`, the word of this language on a call that the other language allows.'
const knownMeaning =
  'Actions, condition keys and resources that are right though the catalogue does not have them, such as those of another service. Any other name that it does not have is a mistake.'
const managerMeaning = 'Its account manages the organization, whose policies then do not bind it.'

type Schema = Readonly<Record<string, unknown>>

const draft = 'https://json-schema.org/draft/2020-12/schema'
const text = { type: 'string' }
const list = (items: Schema): Schema => ({ type: 'array', items })
const oneOrMore = (items: Schema): Schema => ({ anyOf: [items, list(items)] })
const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values })
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` })
const language = { enum: ['ram', 'iam'] }
/** YAML reads `1.2` and `true` as no texts; they are taken as they are written. */
const scalar = { type: ['string', 'number', 'boolean'] }

/** The schema of case files: one case or an array of them. */
export function caseSchema(): Schema {
  const documents = list({
    type: ['object', 'string'],
    description: 'A policy document, or the text of one.',
  })
  return {
    $schema: draft,
    title: 'policy cases, for keyward policy decide, explain and test',
    anyOf: [ref('case'), list(ref('case'))],
    $defs: {
      case: {
        type: 'object',
        required: ['language', 'policies', 'request'],
        properties: {
          name: text,
          language,
          known: { ...oneOrMore(text), description: knownMeaning },
          policies: {
            type: 'object',
            additionalProperties: false,
            properties: {
              identity: documents,
              resource: { ...documents, description: 'The key, secret or trust policy of the resource.' },
              trust: {
                ...documents,
                description: 'The trust policy of a role or agency, in the place of `resource`.',
              },
              session: documents,
              organization: {
                ...list(documents),
                description: 'One list a level, the root of the tree first.',
              },
              callerOrganization: {
                ...list(documents),
                description: "The same for the caller's account where it is another.",
              },
            },
          },
          request: {
            type: 'object',
            required: ['principal', 'action', 'resource'],
            properties: {
              act: { enum: acts, description: actMeaning },
              principal: { ...text, description: 'ARN or URN.' },
              managesOrganization: { type: 'boolean', description: managerMeaning },
              serviceLinked: {
                type: 'boolean',
                description:
                  'A session of a role that a service made for itself, which no organization binds; by default its name says so.',
              },
              root: { type: 'boolean', description: 'The principal is the root identity of its account.' },
              action: text,
              resource: { ...text, description: 'ARN or URN; `*` where the action knows no resource.' },
              resourceAccount: { ...text, description: 'The owner; by default the account in the name.' },
              context: { ...map(oneOrMore(scalar)), description: 'Values of condition keys.' },
            },
          },
          expect: { enum: ['Allow', 'Deny'] },
          reason: { enum: ['Allowed', 'ExplicitDeny', 'ImplicitDeny'] },
        },
      },
    },
  }
}

/** The schema of suites, for editors that complete YAML. Names that a suite gives cannot be checked by it. */
export function suiteSchema(): Schema {
  const levels = {
    ...list(ref('names')),
    description: 'Policies level by level, the root of the tree first.',
  }
  const members: Readonly<Record<keyof typeof suiteMembers, Readonly<Record<string, Schema>>>> = {
    suite: {
      language,
      policies: map(ref('policy')),
      people: map(ref('person')),
      resources: map(ref('resource')),
      organization: levels,
      facts: { ...ref('facts'), description: 'In every request.' },
      known: { ...oneOrMore(text), description: knownMeaning },
      tests: { type: 'array', minItems: 1, items: ref('test') },
    },
    policy: {
      file: { ...text, description: 'Relative to the suite.' },
      document: { type: ['object', 'string'] },
      system: { ...text, description: 'The name of a built-in policy.' },
    },
    person: {
      principal: { ...text, description: 'ARN or URN.' },
      root: { type: 'boolean' },
      managesOrganization: { type: 'boolean', description: managerMeaning },
      identity: ref('names'),
      session: ref('names'),
      organization: levels,
    },
    resource: {
      name: text,
      owner: scalar,
      policy: ref('names'),
      trust: {
        ...ref('names'),
        description: 'The trust policy of a role or agency, in the place of `policy`.',
      },
      facts: ref('facts'),
    },
    test: {
      name: scalar,
      act: { enum: acts, description: actMeaning },
      as: { ...oneOrMore(text), description: 'People of the suite, or principals by their full names.' },
      action: oneOrMore(text),
      resource: { ...oneOrMore(text), description: 'Resources of the suite, or full names.' },
      facts: { anyOf: [ref('facts'), list(ref('facts'))], description: 'A list makes one request of each.' },
      expect: { anyOf: [ref('expectation'), map({ anyOf: [ref('expectation'), map(ref('expectation'))] })] },
    },
  }
  const closed = (name: keyof typeof suiteMembers, required: readonly string[]): Schema => ({
    type: 'object',
    additionalProperties: false,
    required,
    properties: members[name],
  })
  const brief = (name: keyof typeof suiteMembers, required: readonly string[]): Schema => ({
    anyOf: [text, closed(name, required)],
  })
  return {
    $schema: draft,
    title: 'policy tests, for keyward policy test',
    ...closed('suite', ['language', 'tests']),
    $defs: {
      names: oneOrMore(text),
      facts: map(oneOrMore(scalar)),
      expectation: { enum: expectations },
      policy: { anyOf: [text, { ...closed('policy', []), minProperties: 1, maxProperties: 1 }] },
      person: brief('person', ['principal']),
      resource: brief('resource', ['name']),
      test: closed('test', ['expect']),
    },
  }
}
