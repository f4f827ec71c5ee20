import { type BoundedMap, boundedMap } from '../decide/bounded.ts'
import { compilePolicies, type NamedPolicy } from '../decide/compile.ts'
import { decide } from '../decide/decide.ts'
import type {
  Act,
  CompiledPolicies,
  Decision,
  DecisionReason,
  DecisionRequest,
  LanguageName,
  PolicyLayers,
  PolicyType,
  RequestPrincipal,
} from '../decide/types.ts'
import type { Finding } from '../document/findings.ts'
import { parsePolicy } from '../document/parse.ts'
import { languages } from '../language/index.ts'
import { type ContextValues, conditionContext } from './context.ts'

/** A document, as JSON text or as the value of it. */
export type CaseDocument = string | object

/** One case: policies, a request and what is to come out. Any implementation may read it. */
export interface PolicyCase {
  readonly name?: string
  readonly language: LanguageName
  /** Names that are meant though the catalogue does not have them; tools that judge names look here. */
  readonly known?: string | readonly string[]
  readonly policies: {
    readonly identity?: readonly CaseDocument[]
    readonly resource?: readonly CaseDocument[]
    /** Trust policies of the role or agency, in the place of `resource`. */
    readonly trust?: readonly CaseDocument[]
    /** Absent: no session policy. */
    readonly session?: readonly CaseDocument[]
    /** One list a level, root first; empty: no organization. */
    readonly organization?: readonly (readonly CaseDocument[])[]
    readonly callerOrganization?: readonly (readonly CaseDocument[])[]
  }
  readonly request: {
    /** What is decided; `call` where absent. */
    readonly act?: Act
    /** ARN or URN. */
    readonly principal: string
    /** The principal is the root identity of its account. */
    readonly root?: boolean
    /** A session of a role that a service made for itself; by default its name says so. */
    readonly serviceLinked?: boolean
    /** Its account manages the organization, whose policies then do not bind it. */
    readonly managesOrganization?: boolean
    readonly action: string
    readonly resource: string
    /** Account that owns the resource; by default the one in its name. */
    readonly resourceAccount?: string
    readonly context?: ContextValues
  }
  readonly expect?: 'Allow' | 'Deny'
  readonly reason?: DecisionReason
}

/** A document of a case that is refused on write, and where it stands: `identity[0]`. */
export interface RefusedDocument {
  readonly at: string
  readonly findings: readonly Finding[]
}

/** What came out; without a decision when a document was refused. */
export interface CaseOutcome {
  readonly name?: string
  readonly decision?: 'Allow' | 'Deny'
  readonly reason?: DecisionReason
  readonly by?: Decision
  readonly refused: readonly RefusedDocument[]
}

/** A case made ready for {@link decide} and {@link explain}. */
export interface PreparedCase {
  readonly request: DecisionRequest
  readonly layers: PolicyLayers
  /** Every document that was not refused, by its place, with the text that its spans count in. */
  readonly documents: readonly CaseText[]
  readonly refused: readonly RefusedDocument[]
}

/** A document of a case under its place: `identity[0]`. */
export interface CaseText extends NamedPolicy {
  readonly text: string
}

interface CaseSet {
  readonly compiled: CompiledPolicies
  readonly documents: readonly CaseText[]
  readonly refused: readonly RefusedDocument[]
}

/** Sets of documents that cases share: handed from case to case, each is read and compiled once. */
export type CaseMemo = BoundedMap<string, CaseSet>

/** How many sets a memo holds; a file of cases seldom has more that come again. */
const remembered = 1000

export function caseMemo(): CaseMemo {
  return boundedMap(remembered)
}

function compileSet(
  language: LanguageName,
  sources: readonly CaseDocument[],
  type: PolicyType,
  where: string,
  memo: CaseMemo | undefined,
): CaseSet {
  const texts = sources.map((source) => (typeof source === 'string' ? source : JSON.stringify(source)))
  const key = JSON.stringify([language, type, where, texts])
  const known = memo?.get(key)
  if (known) return known
  const documents: CaseText[] = []
  const refused: RefusedDocument[] = []
  for (const [index, text] of texts.entries()) {
    const name = `${where}[${index}]`
    const { document, findings } = parsePolicy(text, { language, type })
    if (document) documents.push({ name, document, text })
    else refused.push({ at: name, findings })
  }
  const set = { compiled: compilePolicies(language, documents), documents, refused }
  memo?.set(key, set)
  return set
}

/** @throws TypeError when the principal of the request is no ARN or URN of the language. */
export function prepareCase(entry: PolicyCase, memo?: CaseMemo): PreparedCase {
  const { language, policies, request } = entry
  const rules = languages[language]
  const refused: RefusedDocument[] = []
  const documents: CaseText[] = []
  const compile = (sources: readonly CaseDocument[], type: PolicyType, where: string): CompiledPolicies => {
    const set = compileSet(language, sources, type, where, memo)
    documents.push(...set.documents)
    refused.push(...set.refused)
    return set.compiled
  }
  const levels = (list: readonly (readonly CaseDocument[])[], where: string) =>
    list.map((sources, level) => compile(sources, rules.layers.organization, `${where}[${level}]`))
  const { identity, resource, trust, session, organization, callerOrganization } = policies
  if (resource && trust) throw new TypeError('a resource has a policy or a trust policy, not both')
  const resourceType = rules.layers.resource(request.action, request.resource)
  const layers: PolicyLayers = {
    ...(identity && { identity: compile(identity, 'identity', 'identity') }),
    ...(resource && { resource: compile(resource, resourceType, 'resource') }),
    ...(trust && { resource: compile(trust, 'trust', 'trust') }),
    ...(session && session.length > 0 && { session: compile(session, 'session', 'session') }),
    ...(organization && { organization: levels(organization, 'organization') }),
    ...(callerOrganization && { callerOrganization: levels(callerOrganization, 'callerOrganization') }),
  }
  const principal = casePrincipal(language, request)
  const resourceAccount = request.resourceAccount ?? rules.resource.account(request.resource)
  return {
    refused,
    documents,
    layers,
    request: {
      ...(request.act !== undefined && { act: request.act }),
      principal,
      action: request.action,
      resource: request.resource,
      ...(resourceAccount !== undefined && { resourceAccount }),
      context: conditionContext(request.context ?? {}),
    },
  }
}

function casePrincipal(
  language: LanguageName,
  { principal: id, root, managesOrganization, serviceLinked }: PolicyCase['request'],
): RequestPrincipal {
  const principal = languages[language].principal.read(id)
  if (!principal) throw new TypeError(`\`${id}\` names no principal of the language \`${language}\``)
  const named: RequestPrincipal = root ? { kind: 'root', account: principal.account, id } : principal
  return {
    ...named,
    ...(serviceLinked !== undefined && { serviceLinked }),
    ...(managesOrganization && { managesOrganization }),
  }
}

/** Decides one case. A document that is refused on write decides nothing. */
export function evaluateCase(entry: PolicyCase, memo?: CaseMemo): CaseOutcome {
  const { request, layers, refused } = prepareCase(entry, memo)
  const name = entry.name === undefined ? {} : { name: entry.name }
  if (refused.length > 0) return { ...name, refused }
  const by = decide(entry.language, request, layers)
  return { ...name, decision: by.allowed ? 'Allow' : 'Deny', reason: by.reason, by, refused }
}
