import { ramOrder } from '../decide/order-ram.ts'
import type { RequestPrincipal } from '../decide/types.ts'
import { accountAt, plainSegments, wholeAction, wholeResource } from '../match/name.ts'
import { everyone, everyoneIn, identity, type PrincipalMatcher, rootOf } from '../match/principal.ts'
import { ramCatalogue } from '../service/ram/index.ts'
import { common, dateEquality, globbing, numeric, operators } from './operators.ts'
import type { ByEffect, Dialect, LanguageDefinition, PolicyTypeRules, PrincipalRules } from './types.ts'

const both = <T>(value: T): ByEffect<T> => Object.freeze({ Allow: value, Deny: value })

const dialect: Dialect = {
  version: '1',
  names: 'own and aliases',
  operators: operators(common, dateEquality, numeric('Numeric'), globbing('Like')),
  qualifiers: [],
  ifExists: false,
}

const arn = /^acs:ram::([^:]+):(.+)$/
/** What the other members of a Principal name: services, identity providers. */
const others: Readonly<Record<string, RegExp>> = {
  Service: /^([0-9]+@)?[a-z0-9-]+(\.[a-z0-9-]+)*\.aliyuncs\.com$/,
  Federated: /^acs:ram::[^:*?]+:(saml|oidc)-provider\/[^*?]+$/,
}
/** How roles that services make for themselves are named. */
const serviceLinkedRole = /^AliyunServiceRoleFor/i

/** Principals of key and secret policies, and of trust policies, where `:root` is the whole account. */
function principals(rootMeans: (account: string) => PrincipalMatcher): PrincipalRules {
  return {
    members: ['RAM', 'Service', 'Federated'],
    compile(member, value) {
      if (member !== 'RAM') return others[member]!.test(value) ? identity(value) : undefined
      if (value === '*') return everyone
      const [, account, name] = arn.exec(value) ?? []
      if (account === undefined || name === undefined || account.includes('*')) return undefined
      if (name === '*') return everyoneIn(account)
      if (name === 'root') return rootMeans(account)
      if (!/^(user|role|assumed-role|saml-provider|oidc-provider)\/[^*?]+$/.test(name)) return undefined
      // A session is named in two ways: `role/R/S` by AssumeRole, `assumed-role/R/S` by GetCallerIdentity.
      const [kind, role, session] = name.split('/')
      if (session !== undefined && (kind === 'role' || kind === 'assumed-role')) {
        return identity(
          `acs:ram::${account}:role/${role}/${session}`,
          `acs:ram::${account}:assumed-role/${role}/${session}`,
        )
      }
      return identity(value)
    },
  }
}

function readPrincipal(id: string): RequestPrincipal | undefined {
  // A service that assumes a role is of no account.
  if (others.Service!.test(id)) return { kind: 'user', account: id, id }
  const [, account, kind, name, session] =
    /^acs:ram::([^:]+):([a-z-]+)(?:\/([^/]+))?(?:\/(.+))?$/.exec(id) ?? []
  if (account === undefined) return undefined
  if (kind === 'root' && name === undefined) return { kind: 'root', account, id }
  if (kind === 'user' && name !== undefined) return { kind: 'user', account, id }
  if ((kind !== 'role' && kind !== 'assumed-role') || name === undefined) return undefined
  const role = `acs:ram::${account}:role/${name}`
  return {
    kind: 'session',
    account,
    role,
    ...(serviceLinkedRole.test(name) && { serviceLinked: true }),
    id: session ? `acs:ram::${account}:assumed-role/${name}/${session}` : role,
  }
}

const versions = ['1']
const characters = (size: number) => ({ size, unit: 'characters', spacing: 'counted' }) as const
/** Not in the grammar of these types, yet harmless and common. */
const withoutPrincipal = { NotAction: 'optional', Resource: 'required', Sid: 'tolerated' } as const

const attached: PolicyTypeRules = {
  versions,
  elements: { ...withoutPrincipal, Principal: 'required', Sid: 'optional' },
  limit: { size: 32768, unit: 'bytes', spacing: 'counted' },
  onlyResource: { value: '*', allowOnly: false },
  actionPrefix: 'kms:',
  sid: { pattern: /^[A-Za-z0-9_/+=.@ -]*$/, size: 128 },
  principals: principals(rootOf),
}
const { NotAction: _, ...attachedElements } = attached.elements

/** The policy language of RAM, KMS key and secret policies and control policies (reference: alibaba-ram A, B, D). */
export const ram: LanguageDefinition = Object.freeze<LanguageDefinition>({
  name: 'ram',
  dialects: new Map([['1', dialect]]),
  policyTypes: new Map<string, PolicyTypeRules>([
    ['identity', { versions, elements: withoutPrincipal, limit: characters(6144) }],
    ['session', { versions, elements: withoutPrincipal, limit: characters(2048) }],
    ['control', { versions, elements: withoutPrincipal, limit: characters(4096) }],
    ['key', { ...attached, elements: attachedElements, changedBy: 'kms:SetKeyPolicy' }],
    ['secret', { ...attached, elements: attachedElements, changedBy: 'kms:SetSecretPolicy' }],
    [
      'trust',
      {
        versions,
        elements: { Principal: 'required', Sid: 'tolerated' },
        limit: characters(6144),
        principals: principals(everyoneIn),
      },
    ],
  ]) as LanguageDefinition['policyTypes'],
  conditions: {
    absent: { positive: both(false), negated: both(true) },
    qualifiedAbsent: { ForAnyValue: both(false), ForAllValues: both(false) },
    several: { positive: both('any'), negated: both('all') },
    unreadable: { Allow: false, Deny: true },
  },
  catalogue: ramCatalogue,
  action: {
    compile: wholeAction,
    fault: (source) =>
      source === '*' || /^[^:\s]+:[^:\s]+$/.test(source) || /^[^:\s]*[*?][^:\s]*$/.test(source)
        ? undefined
        : 'it is not of the form `service:operation`',
    emptyAllowed: false,
  },
  resource: {
    compile: wholeResource,
    fault: (source) => (source === '' ? 'it is empty; write the name of a resource, or `*`' : undefined),
    crossesColons: true,
    segments: plainSegments,
    plainService: false,
    account: (name) => accountAt(name, 3),
    everyName: 'acs:*:*:*:*',
    form: '`acs:service:region:account:name`',
    serviceAt: 1,
  },
  accountId: { pattern: /^[0-9*?]*$/, words: 'made of digits' },
  principal: { read: readPrincipal, account: (value) => /^acs:ram:[^:]*:([^:]*):/.exec(value)?.[1] },
  layers: {
    organization: 'control',
    resource: (action, resource) => {
      if (/^sts:/i.test(action)) return 'trust'
      return /^acs:kms:[^:]*:[^:]*:secret/.test(resource) ? 'secret' : 'key'
    },
  },
  denialsFirst: false,
  admission: {
    action: 'ram:AttachPolicyToUser',
    resource: (account, user) => `acs:ram:*:${account}:user/${user}`,
  },
  order: ramOrder,
})
