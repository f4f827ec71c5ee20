import { readFileSync } from 'node:fs'
import { conditionMet } from './condition.ts'
import { glob } from './values.ts'

/** Transcribed from the seeds, apart from the engine's catalogue. */
interface Facts {
  readonly globalPrefix: string
  readonly actions: Readonly<
    Record<string, { readonly keys: readonly string[]; readonly legacy: readonly string[] }>
  >
  readonly keys: Readonly<Record<string, readonly string[] | null>>
  /** Actions that the owner of a resource can grant to another account. */
  readonly crossAccount: readonly string[]
}
export const facts: Record<'ram' | 'iam', Facts> = JSON.parse(
  readFileSync(new URL('./facts.json', import.meta.url), 'utf8'),
)

type One<T> = T | readonly T[]
export interface PlainStatement {
  Sid?: string
  Effect: 'Allow' | 'Deny'
  Action?: One<string>
  NotAction?: One<string>
  Resource?: One<string> | { readonly uri: One<string> }
  NotResource?: One<string>
  Principal?: '*' | Record<string, One<string>>
  NotPrincipal?: '*' | Record<string, One<string>>
  Condition?: Record<string, Record<string, One<string>>>
}
export interface PlainDocument {
  Version: string
  Statement: PlainStatement | readonly PlainStatement[]
}
export interface PlainCase {
  language: 'ram' | 'iam'
  policies: {
    identity?: readonly PlainDocument[]
    resource?: readonly PlainDocument[]
    trust?: readonly PlainDocument[]
    session?: readonly PlainDocument[]
    organization?: readonly (readonly PlainDocument[])[]
    callerOrganization?: readonly (readonly PlainDocument[])[]
  }
  request: {
    act?: 'call' | 'assume' | 'veto'
    managesOrganization?: boolean
    principal: string
    root?: boolean
    action: string
    resource: string
    resourceAccount?: string
    context?: Readonly<Record<string, One<string>>>
  }
}

export const list = <T>(value: One<T> | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T]

function actionPatternHits(language: 'ram' | 'iam', pattern: string, name: string): boolean {
  const p = pattern.toLowerCase()
  const n = name.toLowerCase()
  if (language === 'ram') return glob(p, n)
  if (p === '*') return true
  const left = p.split(':')
  const right = n.split(':')
  return left.length === right.length && left.every((part, i) => glob(part, right[i]!))
}

function actionHits(entry: PlainCase, version: string, statement: PlainStatement): boolean {
  const { language, request } = entry
  const wanted = request.action.toLowerCase()
  const found = Object.entries(facts[language].actions).find(([name]) => name.toLowerCase() === wanted)
  const names = version === '1.1' && found ? found[1].legacy : [request.action]
  if (names.length === 0) return false
  const hit = (pattern: string) => {
    if (names.some((name) => actionPatternHits(language, pattern, name))) return true
    const reEncrypt = wanted === 'kms:reencryptfrom' || wanted === 'kms:reencryptto'
    return language === 'ram' && reEncrypt && pattern.toLowerCase() === 'kms:reencrypt'
  }
  if (statement.Action !== undefined) return list(statement.Action).some(hit)
  return !list(statement.NotAction).some(hit)
}

function resourcePatternHits(language: 'ram' | 'iam', pattern: string, resource: string): boolean {
  if (language === 'ram') return glob(pattern, resource)
  if (pattern === '*') return true
  const cut = (name: string) => {
    const parts = name.split(':')
    if (parts.length < 5) return undefined
    return [parts[0]!.toLowerCase(), parts[1]!, parts[2]!, parts[3]!, parts.slice(4).join(':')]
  }
  const left = cut(pattern)
  const right = cut(resource)
  if (!left || !right) return false
  return left.every((part, i) => glob(part, right[i]!))
}

function resourceHits(entry: PlainCase, statement: PlainStatement): boolean {
  const hit = (pattern: string) => resourcePatternHits(entry.language, pattern, entry.request.resource)
  const { Resource } = statement
  if (Resource !== undefined) {
    const names = typeof Resource === 'object' && 'uri' in Resource ? list(Resource.uri) : list(Resource)
    return names.some(hit)
  }
  if (statement.NotResource !== undefined) return !list(statement.NotResource).some(hit)
  return true
}

/** The account, the role and the kind of the caller, from its name. */
export function callerOf(entry: PlainCase): { id: string; account: string; role?: string; root: boolean } {
  const { principal, root } = entry.request
  const account = entry.language === 'ram' ? principal.split(':')[3]! : principal.split(':')[2]!
  if (root || principal.endsWith(':root')) return { id: principal, account, root: true }
  if (entry.language === 'ram') {
    const [kind, role, session] = principal.split(':')[4]!.split('/')
    if (kind === 'user') return { id: principal, account, root: false }
    const roleName = `acs:ram::${account}:role/${role}`
    return {
      id: session ? `acs:ram::${account}:assumed-role/${role}/${session}` : roleName,
      account,
      role: roleName,
      root: false,
    }
  }
  const parts = principal.split(':')
  if (parts[0] === 'sts') {
    const agency = parts[4]!.split('/').slice(0, -1).join('/') || parts[4]!
    return { id: principal, account, role: `iam::${account}:agency:${agency}`, root: false }
  }
  return { id: principal, account, root: false, ...(parts[3] === 'agency' && { role: principal }) }
}

export function ownerOf(entry: PlainCase): string {
  const { resource, resourceAccount } = entry.request
  if (resourceAccount !== undefined) return resourceAccount
  const part = resource.split(':')[entry.language === 'ram' ? 3 : 2]
  return part === undefined || part === '' || part === '*' || part === 'system'
    ? callerOf(entry).account
    : part
}

function principalHits(entry: PlainCase, type: string, statement: PlainStatement): boolean {
  if (statement.NotPrincipal !== undefined) return !named(entry, type, statement.NotPrincipal)
  return statement.Principal === undefined || named(entry, type, statement.Principal)
}

function named(entry: PlainCase, type: string, wanted: NonNullable<PlainStatement['Principal']>): boolean {
  if (wanted === '*') return true
  const caller = callerOf(entry)
  return Object.entries(wanted).some(([member, values]) =>
    list(values).some((value) => {
      const called = value === caller.id || value === caller.role
      // Services and identity providers never ask by themselves.
      if (member !== 'RAM' && member !== 'IAM') return false
      if (value === '*') return true
      if (entry.language === 'iam') {
        if (/^[0-9a-f]{32}$/i.test(value)) return caller.account === value
        return called || (value.endsWith(':root') && value === `iam::${caller.account}:root`)
      }
      if (value === `acs:ram::${caller.account}:*`) return true
      if (value === `acs:ram::${caller.account}:root`) {
        return type === 'trust' || caller.account !== ownerOf(entry) || caller.root
      }
      return called || value.replace(':role/', ':assumed-role/') === caller.id
    }),
  )
}

const everyCall = [
  'kms:tlsversion',
  'ram:servicename',
  'iam:policyurn',
  'iam:serviceprincipal',
  'iam:resourceisrootuser',
  'organizations:serviceprincipal',
]

function carried(language: 'ram' | 'iam', action: string, key: string): boolean {
  const { globalPrefix, actions, keys } = facts[language]
  if (key.toLowerCase().startsWith(globalPrefix)) return true
  const name = bare(key)
  const known = Object.keys(keys).find((one) => one.toLowerCase() === name)
  const found = Object.entries(actions).find(([one]) => one.toLowerCase() === action.toLowerCase())
  // The seed: every call that is authorized has a TLS version. Services of which no action is here carry their keys.
  if (!found && everyCall.includes(name)) return action.toLowerCase().startsWith(`${name.split(':')[0]}:`)
  if (!found) return known === undefined
  return found[1].keys.some((one) => one.toLowerCase() === name)
}

/** A key without tag or context name, in lower case. */
function bare(key: string): string {
  const slash = key.split('/')[0]!
  return slash.split(':').slice(0, 2).join(':').toLowerCase()
}

function normal(key: string): string {
  return bare(key) + key.slice(bare(key).length)
}

function valuesOf(entry: PlainCase, key: string): readonly string[] | undefined {
  if (!carried(entry.language, entry.request.action, key)) return undefined
  const context = Object.entries(entry.request.context ?? {})
  const wanted = normal(key)
  const own = context.filter(([name]) => normal(name) === wanted)
  if (own.length > 0) return list(own[own.length - 1]![1])
  if (wanted !== 'kms:tag') return undefined
  const tagged = context.filter(([name]) => normal(name).startsWith(`${wanted}/`))
  return tagged.length === 0 ? undefined : tagged.flatMap(([, value]) => list(value))
}

export function statementMatches(
  entry: PlainCase,
  type: string,
  version: string,
  statement: PlainStatement,
): boolean {
  if (!actionHits(entry, version, statement) || !resourceHits(entry, statement)) return false
  if (!principalHits(entry, type, statement)) return false
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const { keys: known } = facts[entry.language]
      const accepted = Object.entries(known).find(([name]) => name.toLowerCase() === bare(key))?.[1]
      if (accepted && !accepted.includes(type) && statement.Effect === 'Allow') return false
      const question = {
        language: entry.language,
        effect: statement.Effect,
        operator,
        key: bare(key),
        wanted: list(wanted),
        actual: valuesOf(entry, key),
      }
      if (!conditionMet(question)) return false
    }
  }
  return true
}
