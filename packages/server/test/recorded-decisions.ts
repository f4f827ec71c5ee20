import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type * as Policy from '@keyward/policy'

// Writes every decision of a running service down as a case, so that the offline tool can decide it again: what the
// service does and what `keyward policy` says are to be one.
//
// A test file that is to be looked at mocks the engine by `recording`, and ends with `disagreements`.

type Engine = typeof Policy
type Text = { readonly text: string; readonly type: Policy.PolicyType }

const texts = new WeakMap<Policy.PolicyDocument, Text>()
const sources = new WeakMap<Policy.CompiledPolicies, readonly Text[]>()
const recorded = new Map<string, { readonly entry: Policy.PolicyCase; readonly live: string }>()
let odd = 0

/** The engine, with an ear on what is parsed, compiled and decided. It changes nothing. */
export function recording(engine: Engine): Engine {
  return {
    ...engine,
    parsePolicy(text, as) {
      const parsed = engine.parsePolicy(text, as)
      if (parsed.document) texts.set(parsed.document, { text, type: as.type })
      return parsed
    },
    readPolicy(text, as) {
      const document = engine.readPolicy(text, as)
      if (document) texts.set(document, { text, type: as.type })
      return document
    },
    compilePolicies(language, policies) {
      const compiled = engine.compilePolicies(language, policies)
      sources.set(
        compiled,
        policies.map(({ document }) => texts.get(document)!),
      )
      return compiled
    },
    decide(language, request, layers) {
      // What the service does by itself is decided by its own layer (docs/decisions/0035): no policy that anyone writes is
      // asked, so there is nothing for the tool to explain or to test.
      if (request.principal.kind === 'service') return engine.decide(language, request, layers)
      // A question about nobody in particular, asked before a policy is written: would it lock out everyone?
      if (request.principal.id === '') return engine.decide(language, request, layers)
      const seen: Record<string, Policy.ContextValue> = {}
      const get = (key: string) => {
        const value = request.context.get(key)
        if (value !== undefined) seen[key] = value
        return value
      }
      const decision = engine.decide(language, { ...request, context: { get } }, layers)
      const entry = caseOf(language, request, layers, seen)
      const key = JSON.stringify(entry)
      const live = wordOf(decision)
      const known = recorded.get(key)
      // What a case says is all that a decision stands on: the same case is decided alike.
      if (known && known.live !== live) odd += 1
      recorded.set(key, { entry, live })
      return decision
    },
  }
}

const wordOf = ({ allowed, reason }: Policy.Decision) => `${allowed ? 'Allow' : 'Deny'} ${reason}`

/** A limit without a document allows nothing; in a case, a session without one is none. */
const silent: Readonly<Record<Policy.LanguageName, string>> = {
  ram: '{"Version":"1","Statement":[{"Effect":"Deny","Action":"keyward:Nothing","Resource":"*"}]}',
  iam: '{"Version":"5.0","Statement":[{"Effect":"Deny","Action":["keyward::nothing"]}]}',
}

function caseOf(
  language: Policy.LanguageName,
  request: Policy.DecisionRequest,
  layers: Policy.PolicyLayers,
  context: Record<string, Policy.ContextValue>,
): Policy.PolicyCase {
  const of = (set: Policy.CompiledPolicies) => sources.get(set)!
  const documents = (set: Policy.CompiledPolicies) => of(set).map(({ text }) => text)
  const { callerOrganization, identity, organization, resource, session } = layers
  const attached = resource && {
    [of(resource)[0]?.type === 'trust' ? 'trust' : 'resource']: documents(resource),
  }
  const limits = session && documents(session)
  const { id, kind, managesOrganization, serviceLinked } = request.principal
  return {
    language,
    policies: {
      ...(identity && { identity: documents(identity) }),
      ...attached,
      ...(limits && { session: limits.length > 0 ? limits : [silent[language]] }),
      ...(organization && { organization: organization.map(documents) }),
      ...(callerOrganization && { callerOrganization: callerOrganization.map(documents) }),
    },
    request: {
      ...(request.act && { act: request.act }),
      principal: id,
      ...(kind === 'root' && { root: true }),
      serviceLinked: serviceLinked === true,
      ...(managesOrganization && { managesOrganization }),
      action: request.action,
      resource: request.resource,
      resourceAccount: request.resourceAccount ?? request.principal.account,
      context,
    },
  }
}

const tool = fileURLToPath(new URL('../../cli/bin/keyward.mjs', import.meta.url))

/** How many decisions were recorded, and those that the offline tool decides otherwise than the service did. */
export function disagreements(): {
  readonly decisions: number
  readonly odd: number
  readonly apart: readonly string[]
} {
  const all = [...recorded.values()]
  const input = JSON.stringify(all.map(({ entry }, index) => ({ ...entry, name: String(index) })))
  const out = execFileSync(process.execPath, [tool, 'policy', 'decide', '--cases', '-'], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const offline = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { decision: string; reason: string })
  const apart = all.flatMap(({ entry, live }, index) => {
    const { decision, reason } = offline[index]!
    return `${decision} ${reason}` === live
      ? []
      : [`live ${live}, offline ${decision} ${reason}: ${JSON.stringify(entry)}`]
  })
  return { decisions: all.length, odd, apart }
}
