import {
  conditionKeyInfo,
  explain,
  type Failure,
  type LanguageName,
  type StatementAccount,
} from '@keyward/policy'
import type { Denial } from '../base/problem.ts'
import type { Origin } from '../identity/layers.ts'
import type { Caller } from '../identity/principal.ts'
import { openText, sealText, type TextKeys } from '../identity/sealed-text.ts'
import { type DecidedCheck, denialOf, layersOf, requestOf } from './decision.ts'
import type { FactValue } from './operation.ts'
import type { Scope } from './scope.ts'

/** What a refused caller's account may learn about a denial: what it looked at, and what stood where. */
export interface Diagnosis {
  readonly language: LanguageName
  /** The caller's account: only its own identities may decode the message. */
  readonly account: { readonly uid: string; readonly domainId: string }
  readonly caller: {
    readonly kind: Caller['kind']
    readonly arn: string
    readonly urn: string
    /** As `AuthPrincipalDisplayName`. */
    readonly displayName: string
  }
  readonly requestId: string
  readonly time: string
  readonly action: string
  readonly resource: string
  readonly reason: Denial['reason']
  readonly layer: Denial['layer']
  /** Every condition key that a statement on this action looked at, with the value that it had. */
  readonly conditions: readonly { readonly key: string; readonly values: readonly string[] }[]
  /** Statements that applied. */
  readonly matched: readonly MatchedStatement[]
  /** Statements that would have allowed but for one element, nearest first. */
  readonly nearMisses: readonly {
    readonly policy: string
    readonly statement: string
    readonly layer: string
    /** Of its elements that fail, the one that is looked at first. */
    readonly failed: Failure
  }[]
}

export interface MatchedStatement {
  readonly policy: string
  readonly statement: string
  readonly effect: 'Allow' | 'Deny'
  readonly layer: string
  /** Level of the organization; the last one is the account's own. */
  readonly level?: number
  readonly lastLevel?: boolean
  /** Through whom an identity policy came. */
  readonly entity?: Origin['entity']
  readonly builtIn?: boolean
}

/** The wire takes no longer message back (huawei-iam.md I.2). */
const LONGEST_MESSAGE = 10_240
/**
 * Bytes of a message before Base64, 4,096 characters after. Every message has this length: by a shorter or longer one who
 * is refused could tell a key that exists, with a policy and tags to explain, from one that does not.
 */
const MESSAGE_BYTES = 3072
const MOST = Object.freeze({ conditions: 40, values: 10, text: 256, matched: 20, near: 5 })
/** A caller with more statements than these is told what decided, and not every element: refusals must stay cheap. */
export const MOST_STATEMENTS = 500

/** The diagnosis of a denial. Costs a walk over the statements: only for what is refused. */
export function diagnose(scope: Scope, decided: DecidedCheck): Diagnosis {
  const { check, layers } = decided
  const { caller, connection } = scope
  const { action, resource, reason, layer } = denialOf(caller, decided)
  const { request, context } = requestOf(scope, check, layers)
  const account =
    statementsOf(decided) <= MOST_STATEMENTS
      ? explain(check.language, request, layersOf(check, layers))
      : undefined
  const seen = account ? context.seen : decided.facts
  const levels = { owner: layers.organization?.length, caller: layers.callerOrganization?.length }
  return {
    language: check.language,
    account: { uid: caller.account.uid, domainId: caller.account.domainId },
    caller: { kind: caller.kind, arn: caller.arn, urn: caller.urn, displayName: displayName(caller) },
    requestId: connection.requestId,
    time: new Date(connection.receivedAt).toISOString(),
    action,
    resource,
    reason,
    layer,
    conditions: [...seen].slice(0, MOST.conditions).map(([key, value]) => ({
      key: spelled(check.language, key),
      values: shortened(value),
    })),
    matched: (account?.layers ?? [])
      .flatMap((one) => one.statements)
      .filter(({ applied }) => applied)
      .slice(0, MOST.matched)
      .map((one) => matchedStatement(one, levels, layers.origins)),
    nearMisses: (account?.nearMisses ?? []).slice(0, MOST.near).map((one) => ({
      policy: one.policy,
      statement: one.statement,
      layer: one.layer,
      failed: shortFailure(one.failures[0]!),
    })),
  }
}

/** How many statements a decision may have to look at. */
export function statementsOf({ check, layers }: DecidedCheck): number {
  const sets = [
    layers.identity,
    layers.session,
    check.resourcePolicy,
    ...(layers.organization ?? []),
    ...(layers.callerOrganization ?? []),
  ]
  return sets.reduce((sum, set) => sum + (set?.statements ?? 0), 0)
}

function matchedStatement(
  { policy, statement, effect, layer, level, organizationOf }: StatementAccount,
  levels: Readonly<Record<'owner' | 'caller', number | undefined>>,
  origins: ReadonlyMap<string, Origin> | undefined,
): MatchedStatement {
  const origin = layer === 'identity' ? origins?.get(policy) : undefined
  const last = level !== undefined && level + 1 === levels[organizationOf ?? 'owner']
  return {
    policy,
    statement,
    effect,
    layer,
    ...(level === undefined ? {} : { level, lastLevel: last }),
    ...origin,
  }
}

/** With texts and lists as long as a message has room for. */
export function shortFailure(failure: Failure): Failure {
  const short = Object.entries(failure).map(([name, value]) => [
    name,
    typeof value === 'string' || Array.isArray(value) ? cut(value) : value,
  ])
  return Object.fromEntries(short) as Failure
}

function cut(value: FactValue): FactValue {
  return typeof value === 'string' ? value.slice(0, MOST.text) : shortened(value)
}

function shortened(value: FactValue): readonly string[] {
  const values = typeof value === 'string' ? [value] : value
  return values.slice(0, MOST.values).map((one) => one.slice(0, MOST.text))
}

/** A condition key as the vendor spells it; its normal form is in lower case. */
export function spelled(language: LanguageName, key: string): string {
  const name = conditionKeyInfo(language, key)?.name
  return name === undefined ? key : name + key.slice(name.length)
}

/** The user id, the uid of root, or `RoleName:SessionName` (alibaba-ram.md F.4). */
export function displayName({ name, ramId, session }: Scope['caller']): string {
  return session ? `${name}:${session.name}` : ramId
}

/** A diagnosis as its caller is handed it: of one length. What is the longest goes first when it would be too long. */
export function sealDiagnosis(keyring: TextKeys, diagnosis: Diagnosis): string {
  const shorter = [
    diagnosis,
    { ...diagnosis, nearMisses: [] },
    { ...diagnosis, nearMisses: [], conditions: diagnosis.conditions.slice(0, 5) },
    { ...diagnosis, nearMisses: [], conditions: [] },
  ]
  for (const one of shorter) {
    const sealed = sealText(keyring, 'diagnostic-messages', JSON.stringify(one), MESSAGE_BYTES)
    if (sealed.length === (MESSAGE_BYTES / 3) * 4) return sealed
  }
  const bare = { ...diagnosis, nearMisses: [], conditions: [], matched: [] }
  return sealText(keyring, 'diagnostic-messages', JSON.stringify(bare), MESSAGE_BYTES)
}

/** Undefined for what is no message of this service. */
export function openDiagnosis(keyring: TextKeys, message: string): Diagnosis | undefined {
  if (message.length > LONGEST_MESSAGE) return undefined
  const text = openText(keyring, 'diagnostic-messages', message)
  return text === undefined ? undefined : (JSON.parse(text) as Diagnosis)
}
