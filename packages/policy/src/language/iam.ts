import { iamOrder } from '../decide/order-iam.ts'
import type { RequestPrincipal } from '../decide/types.ts'
import { accountAt, foldedSegments, segmentedAction, segmentedResource } from '../match/name.ts'
import { everyone, everyoneIn, identity } from '../match/principal.ts'
import { iamCatalogue } from '../service/iam/index.ts'
import { common, edges, globbing, nullity, numeric, operators } from './operators.ts'
import type { ByEffect, Dialect, LanguageDefinition, PolicyTypeRules } from './types.ts'

const both = <T>(value: T): ByEffect<T> => Object.freeze({ Allow: value, Deny: value })
/** What the references leave open counts for a Deny and not for an Allow (design, section 5). */
const failClosed: ByEffect<boolean> = Object.freeze({ Allow: false, Deny: true })

const tables = [common, numeric('Number'), globbing('Match'), nullity] as const
const dialect: Dialect = {
  version: '5.0',
  names: 'own',
  operators: operators(...tables),
  qualifiers: ['ForAnyValue', 'ForAllValues'],
  ifExists: true,
}

const identityElements = {
  NotAction: 'optional',
  Resource: 'optional',
  NotResource: 'optional',
  Sid: 'optional',
} as const
const limit = { size: 6144, unit: 'characters', spacing: 'ignored' } as const
const accountId = /^[0-9a-fA-F]{32}$/

const rules: readonly (readonly [string, PolicyTypeRules])[] = [
  ['identity', { versions: ['5.0', '1.1'], elements: identityElements, limit }],
  ['session', { versions: ['5.0'], elements: identityElements, limit }],
  [
    'scp',
    {
      versions: ['5.0'],
      elements: { NotAction: 'optional', Resource: 'optional', Sid: 'optional' },
      denyOnly: ['NotAction', 'Condition'],
      allowsEverythingOnly: true,
      limit: { ...limit, size: 5120 },
      onlyResource: { value: '*', allowOnly: true },
    },
  ],
  [
    'trust',
    {
      versions: ['5.0'],
      elements: { NotAction: 'optional', Principal: 'required', NotPrincipal: 'optional', Sid: 'optional' },
      limit,
      principals: {
        members: ['IAM', 'Service', 'Federated'],
        compile(member, value) {
          if (member === 'Service') return /^service\.[^:*?]+$/.test(value) ? identity(value) : undefined
          // Identity providers never ask by themselves.
          if (member === 'Federated')
            return /^iam::[^:*?]+:[A-Za-z-]*provider:[^*?]+$/i.test(value) ? identity(value) : undefined
          if (value === '*') return everyone
          if (accountId.test(value)) return everyoneIn(value)
          const [, account] = /^iam::([^:*?]+):root$/.exec(value) ?? []
          if (account !== undefined) return everyoneIn(account)
          return /^(iam|sts)::[^:*?]+:(user|agency|assumed-agency|external-user):[^*?]+$/.test(value)
            ? identity(value)
            : undefined
        },
      },
    },
  ],
]

function readPrincipal(id: string): RequestPrincipal | undefined {
  const [, service, account, kind, name] = /^(iam|sts)::([^:]+):([a-z-]+)(?::(.+))?$/.exec(id) ?? []
  if (account === undefined) return undefined
  if (kind === 'root' && name === undefined) return { kind: 'root', account, id }
  if (name === undefined) return undefined
  if (service === 'iam' && kind !== 'agency') return { kind: 'user', account, id }
  const linked = name.startsWith('service-linked-agency/') && { serviceLinked: true }
  if (service === 'iam') return { kind: 'session', account, role: id, id, ...linked }
  if (kind !== 'assumed-agency') return { kind: 'session', account, id }
  // The agency may have a path; the session is what follows the last slash.
  const agency = name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : name
  return { kind: 'session', account, id, role: `iam::${account}:agency:${agency}`, ...linked }
}

/** The policy language of IAM 5.0, with legacy 1.1 documents through aliases (reference: huawei-iam D, E, G). */
export const iam: LanguageDefinition = Object.freeze<LanguageDefinition>({
  name: 'iam',
  dialects: new Map([
    ['5.0', dialect],
    [
      '1.1',
      {
        ...dialect,
        version: '1.1',
        names: 'aliases',
        operators: operators(...tables, edges),
        resourceObject: 'uri',
      },
    ],
  ]),
  policyTypes: new Map(rules) as LanguageDefinition['policyTypes'],
  conditions: {
    absent: { positive: both(false), negated: failClosed },
    qualifiedAbsent: { ForAnyValue: both(false), ForAllValues: failClosed },
    several: { positive: { Allow: 'all', Deny: 'any' }, negated: { Allow: 'all', Deny: 'any' } },
    unreadable: failClosed,
  },
  catalogue: iamCatalogue,
  action: {
    compile: segmentedAction,
    fault: (source) =>
      source === '*' || /^[^:\s]+:[^:\s]*:[^:\s]+$/.test(source)
        ? undefined
        : 'it is not of the form `service:type:operation`',
    emptyAllowed: true,
  },
  resource: {
    compile: segmentedResource,
    fault: (source) =>
      source === '*' || /^[^:]+:[^:]*:[^:]*:[^:]+:.+$/s.test(source)
        ? undefined
        : 'it is neither `*` nor of the form `service:region:account:type:path`',
    crossesColons: false,
    segments: foldedSegments,
    plainService: true,
    account: (name) => accountAt(name, 2),
    everyName: '*',
    form: '`service:region:account:type:path`',
    serviceAt: 0,
  },
  accountId: {
    pattern: /^([0-9a-fA-F]{32}|[0-9a-fA-F*?]*[*?][0-9a-fA-F*?]*)?$/,
    words: 'made of 32 hexadecimal digits',
  },
  refusedText: { pattern: /\$\{[^}]*\}/, why: 'policy variables are not supported' },
  principal: {
    read: readPrincipal,
    account: (value) => /^(?:iam|sts):[^:]*:([^:]*):/.exec(value)?.[1],
  },
  layers: { organization: 'scp', resource: () => 'trust' },
  denialsFirst: true,
  admission: {
    action: 'iam:users:attachPolicyV5',
    resource: (account, user) => `iam::${account}:user:${user}`,
  },
  order: iamOrder,
})
