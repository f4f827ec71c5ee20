import { type Problem, refuse } from '../../base/problem.ts'
import { whenReady } from '../../base/when-ready.ts'
import type { Check, DecidedRow, Facts, FactValue } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, StateScope } from '../../pipeline/scope.ts'
import { readSecretReference, type SecretReference } from '../../secrets/names.ts'
import { findSecret, livingSecret, type Secret } from '../../secrets/secrets.ts'
import type { Touched } from '../../store/store.ts'

/** A secret that a call names: decided by its name whether it exists or not. */
export interface SecretTarget {
  readonly arn: string
  readonly owner: string
  /** Undefined: every secret of the account. */
  readonly name: string | undefined
  readonly secret: Secret | undefined
}

export const SECRET_NOT_FOUND: Problem = Object.freeze({ code: 'SecretNotFound' })

/** The secret that a parameter names, by name or by ARN. */
export function resolveSecret(
  scope: ResolveScope,
  text: string,
  parameter = 'SecretName',
): SecretTarget | Promise<SecretTarget> {
  const reference = readSecretReference(text, scope.caller.account.uid, scope.regions.alibaba, parameter)
  if (!reference.here) return target(scope, reference, undefined)
  const found = findSecret(scope.cache, reference.accountUid, scope.regions.alibaba, reference.name)
  return whenReady(found, (secret) => target(scope, reference, secret))
}

function target(
  scope: StateScope,
  { accountUid, arn, name }: SecretReference,
  secret: Secret | undefined,
): SecretTarget {
  return { arn, owner: accountUid, name, secret: livingSecret(secret, scope.clock.now()) }
}

/** The secret, once it is decided: raises `SecretNotFound` for a missing one. */
export function existing({ secret }: SecretTarget): Secret {
  if (!secret) throw refuse(SECRET_NOT_FOUND)
  return secret
}

/** The secret, unless it is planned to be deleted: only reading about it and restoring it go on then. */
export function secretFor(of: SecretTarget): Secret {
  const secret = existing(of)
  if (secret.deleteAt !== undefined) throw refuse({ code: 'SecretInDeletion' })
  return secret
}

/** What a write on the secret changes. */
export function touchedSecret({ owner, secret }: SecretTarget): Touched {
  return { account: owner, kind: 'secrets', items: secret ? [secret.name] : [] }
}

/** The row to write on only if it is still what was decided. */
export function decidedSecret({ secret }: SecretTarget): readonly DecidedRow[] {
  return secret ? [{ table: 'secrets', id: secret.id, version: secret.rowVersion }] : []
}

/**
 * A check on a secret that principals of other accounts may pass too, when both sides allow. `facts` are what the request
 * says; `more` what only the secret tells of it.
 */
export function useCheck(action: string, of: SecretTarget, facts: Facts = {}, more: Facts = {}): Check {
  const { arn, name, owner, secret } = of
  const asked: Facts = { 'kms:SecretName': name, ...facts }
  const asMissing = { resource: arn, owner, facts: asked }
  const base = { language: 'ram', action, resource: arn, owner, asMissing } as const
  if (!secret) return { ...base, facts: asked }
  return {
    ...base,
    resourcePolicy: secret.policy,
    resourceTags: secret.tags,
    facts: { ...secretFacts(secret), ...asked, ...more },
  }
}

/** A check that only the secret's own account can pass (design, section 5, "Cross-account use"). */
export function managementCheck(
  scope: CheckScope,
  action: string,
  target: SecretTarget,
  facts?: Facts,
  more?: Facts,
): Check {
  const check = useCheck(action, target, facts, more)
  if (target.owner === scope.caller.account.uid || !check.resourcePolicy) return check
  const { resourcePolicy: _, ...withoutPolicy } = check
  return withoutPolicy
}

const known = new WeakMap<Secret, Facts>()

/** Condition keys of a secret, with its tags (seed: kms:SecretType, kms:tag); made once a secret. */
function secretFacts(secret: Secret): Facts {
  let facts = known.get(secret)
  if (!facts) {
    const own: Record<string, FactValue> = { 'kms:SecretType': secret.type }
    for (const [name, value] of secret.tags) own[`kms:tag/${name}`] = value
    // Without a tag key: the value of any tag (design, section 5).
    if (secret.tags.size > 0) own['kms:tag'] = [...secret.tags.values()]
    facts = Object.freeze(own)
    known.set(secret, facts)
  }
  return facts
}
