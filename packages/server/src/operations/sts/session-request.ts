import { type CompiledPolicies, compilePolicies, type LanguageName, readPolicy } from '@keyward/policy'
import { refuse } from '../../base/problem.ts'
import { NO_TAGS, type Tags, withTags } from '../../base/tags.ts'
import type { Role } from '../../identity/assumable.ts'
import { QUOTAS, SESSION_LIMITS, SESSION_POLICY } from '../../identity/limits.ts'
import type { Caller } from '../../identity/principal.ts'
import type { SessionParameter } from '../../identity/problems.ts'
import { type TemporaryKey, type TokenContent, tokensOf } from '../../identity/tokens.ts'
import type { Check, Facts } from '../../pipeline/operation.ts'
import type { CheckScope, Scope } from '../../pipeline/scope.ts'

/** What a call asks of a new session, on either wire. */
export interface SessionRequest {
  readonly name: string
  /** Seconds. */
  readonly duration?: number | undefined
  readonly externalId?: string | undefined
  readonly sourceIdentity?: string | undefined
  readonly policy?: string | undefined
  readonly policyIds?: readonly string[] | undefined
  /** Tags of the session; `iam` alone has them. */
  readonly tags?: Tags | undefined
  /** Keys of tags that every further session gets too. */
  readonly transitiveTags?: readonly string[] | undefined
}

/** The role that a call names: decided by its name whether it exists or not. */
export interface RoleTarget {
  /** ARN or URN. */
  readonly resource: string
  /** Uid of its account; for an account that does not exist, whatever the call says. */
  readonly owner: string
  readonly role: Role | undefined
}

const NAME = /^[A-Za-z0-9.@_-]{2,64}$/
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/
/** No rule is published: that of the session's name. */
const SOURCE_IDENTITY = NAME

/** Everything about a request that can be judged without its role. Raises `InvalidSession`. */
export function judgeSession(request: SessionRequest, language: LanguageName): void {
  const { duration, externalId, name, policy, sourceIdentity } = request
  if (!NAME.test(name)) throw invalid('RoleSessionName', 'The parameter RoleSessionName is wrongly formed.')
  if (duration !== undefined && (duration < SESSION_LIMITS.shortest || duration > SESSION_LIMITS.max))
    throw badDuration(SESSION_LIMITS.max)
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId))
    throw invalid('ExternalId', 'The parameter ExternalId is wrongly formed.')
  if (sourceIdentity !== undefined && !SOURCE_IDENTITY.test(sourceIdentity))
    throw invalid('SourceIdentity', 'The parameter SourceIdentity is wrongly formed.')
  if (policy === undefined) return
  if ([...policy].length > SESSION_POLICY.size)
    throw invalid('PolicySize', 'The size of Policy must be smaller than 2048 characters.')
  if (!readPolicy(policy, { language, type: 'session' }))
    throw invalid('PolicyGrammar', 'The parameter Policy has not passed grammar check.')
}

/** How long a session lasts that asks for nothing. */
export function durationOf({ duration }: SessionRequest): number {
  return duration ?? SESSION_LIMITS.default
}

/**
 * The check of assuming a role: the caller's own policies and the role's trust policy have to allow. A role of the caller's
 * own account that is missing is decided by the caller's policies alone, who then learns that it is.
 */
export function assumeCheck(
  { caller }: CheckScope,
  language: LanguageName,
  action: string,
  { owner, role, resource }: RoleTarget,
  facts: Facts,
): Check {
  const own = owner === caller.account.uid
  const trust = role ? role.trust[language] : own ? anyone(language) : undefined
  return {
    language,
    action,
    resource,
    owner,
    act: 'assume',
    ...(trust && { resourcePolicy: trust }),
    facts,
    ...(own && { asMissing: { resource, owner, facts, resourcePolicy: anyone(language) } }),
  }
}

/** The session of a role that the caller may assume. Raises `RoleNotFound`, `InvalidSession`. */
export function openSession(
  { caller, clock, keyring }: Scope,
  language: LanguageName,
  { role }: RoleTarget,
  request: SessionRequest,
): {
  readonly role: Role
  readonly key: TemporaryKey
  readonly expiresAt: number
  readonly sourceIdentity?: string
} {
  if (!role) throw refuse({ code: 'RoleNotFound' })
  const duration = durationOf(request)
  const longest = caller.session && language === 'iam' ? SESSION_LIMITS.min : role.maxSession
  if (duration > Math.min(longest, role.maxSession)) throw badDuration(longest)
  const inherited = caller.session?.sourceIdentity
  // Whoever a session was opened for stays on record through every further one.
  if (inherited !== undefined && (request.sourceIdentity ?? inherited) !== inherited)
    throw invalid('SourceIdentity', 'The parameter SourceIdentity can not be changed.')
  const sourceIdentity = request.sourceIdentity ?? inherited
  const issuedAt = clock.now()
  const expiresAt = issuedAt + duration * 1000
  const content: Omit<TokenContent, 'accessKeyId' | 'accessKeySecret'> = {
    accountUid: role.account.uid,
    roleId: role.id,
    name: request.name,
    issuedAt,
    expiresAt,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...limitsOf(language, request),
    ...sessionTags(caller, request),
  }
  const key = tokensOf(keyring).issue(content)
  return { role, key, expiresAt, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) }
}

/** Tags of the new session: those that the caller's own session hands on, and those of the request, which replace none. */
function sessionTags(
  { session, tags: own = NO_TAGS }: Caller,
  { tags = NO_TAGS, transitiveTags = [] }: SessionRequest,
): Pick<TokenContent, 'tags' | 'transitiveTags'> {
  const handedOn = (session?.transitiveTags ?? []).filter((key) => own.has(key))
  const replaced = handedOn.find((key) => tags.has(key))
  if (replaced !== undefined)
    throw invalid('Tags', `The session tag ${replaced} is handed on and cannot be set.`)
  const unknown = transitiveTags.find((key) => !tags.has(key))
  if (unknown !== undefined) throw invalid('Tags', `There is no session tag ${unknown}.`)
  const all = withTags(new Map(handedOn.map((key) => [key, own.get(key)!])), tags)
  if (all.size > QUOTAS.tags) throw invalid('Tags', `A session has at most ${QUOTAS.tags} tags.`)
  if (all.size === 0) return {}
  return { tags: Object.fromEntries(all), transitiveTags: [...handedOn, ...new Set(transitiveTags)] }
}

function limitsOf(
  language: LanguageName,
  { policy, policyIds = [] }: SessionRequest,
): Pick<TokenContent, 'policies'> {
  if (policy === undefined && policyIds.length === 0) return {}
  return {
    policies: {
      language,
      ...(policy === undefined ? {} : { text: policy }),
      ...(policyIds.length === 0 ? {} : { ids: policyIds }),
    },
  }
}

const EVERYONE = {
  ram: { Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Principal: { RAM: '*' } }] },
  iam: { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'], Principal: { IAM: ['*'] } }] },
}
const trusting = new Map<LanguageName, CompiledPolicies>()

function anyone(language: LanguageName): CompiledPolicies {
  const known = trusting.get(language)
  if (known) return known
  const document = readPolicy(JSON.stringify(EVERYONE[language]), { language, type: 'trust' })
  const made = compilePolicies(language, [{ name: 'trust policy', document: document! }])
  trusting.set(language, made)
  return made
}

function badDuration(longest: number) {
  return invalid('DurationSeconds', `The Min/Max value of DurationSeconds is 15min/${longest / 3600}hr.`)
}

export function invalid(name: SessionParameter, detail: string) {
  return refuse({ code: 'InvalidSession', name, detail })
}

/** `2026-11-21T21:06:46Z` */
export function wireTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
