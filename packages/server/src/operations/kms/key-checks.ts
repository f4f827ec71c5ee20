import { SYMMETRIC_ALGORITHM } from '../../crypto/algorithms/index.ts'
import type { EncryptionContext } from '../../kms/blob.ts'
import type { Key } from '../../kms/keys.ts'
import type { Check, Facts, FactValue } from '../../pipeline/operation.ts'
import type { CheckScope } from '../../pipeline/scope.ts'
import type { KeyTarget } from './key-target.ts'

const NO_FACTS: Facts = Object.freeze({})

/** A check on a key that principals of other accounts may pass too, when both sides allow. */
export function useCheck(
  action: string,
  { arn, called, key, owner }: KeyTarget,
  facts: Facts = NO_FACTS,
): Check {
  const asMissing = { resource: called?.arn ?? arn, owner: called?.owner ?? owner, facts }
  if (!key) return { language: 'ram', action, resource: arn, owner, facts, asMissing }
  const own = keyFacts(key)
  return {
    language: 'ram',
    action,
    resource: arn,
    owner,
    resourcePolicy: key.policy,
    resourceTags: key.tags,
    facts: facts === NO_FACTS ? own : { ...own, ...facts },
    asMissing,
  }
}

/** {@link useCheck} of a call under a symmetric key: algorithm and context are facts (alibaba-kms.md F.4-4, B.5). */
export function symmetricCheck(
  action: string,
  target: KeyTarget,
  context: EncryptionContext | undefined,
): Check {
  return useCheck(action, target, context ? contextFacts(context) : SYMMETRIC_FACTS)
}

/**
 * A check on a key that only its own account's principals can pass (design, section 5, "Cross-account use"): without
 * the key policy's word, another account is never allowed.
 */
export function managementCheck(scope: CheckScope, action: string, target: KeyTarget, facts?: Facts): Check {
  const check = useCheck(action, target, facts)
  if (target.owner === scope.caller.account.uid || !check.resourcePolicy) return check
  const { resourcePolicy: _, ...withoutPolicy } = check
  return withoutPolicy
}

/** Condition keys that the service itself can tell of a key. */
type Described = Pick<Key, 'spec' | 'usage' | 'origin' | 'instanceId'>

/** Condition keys of a key that is made (seed: kms:KeySpec, kms:KeyUsage, kms:KeyOrigin). */
export function describedFacts({ instanceId, origin, spec, usage }: Described): Facts {
  // A key in an instance matches by its own origin and by this one (reference: alibaba-kms.md H-10).
  const origins = instanceId === undefined ? origin : [origin, 'KmsInstance']
  return { 'kms:KeySpec': spec, 'kms:KeyUsage': usage, 'kms:KeyOrigin': origins }
}

const known = new WeakMap<Key, Facts>()

/** Condition keys of a key that is used, with its tags (seed: kms:tag); made once a key. */
export function keyFacts(key: Key): Facts {
  let facts = known.get(key)
  if (!facts) {
    const own: Record<string, FactValue> = { ...(describedFacts(key) as Record<string, FactValue>) }
    for (const [name, value] of key.tags) own[`kms:tag/${name}`] = value
    // Without a tag key: the value of any tag (design, section 5).
    if (key.tags.size > 0) own['kms:tag'] = [...key.tags.values()]
    facts = Object.freeze(own)
    known.set(key, facts)
  }
  return facts
}

/** Symmetric calls have no algorithm parameter: its value is always this (reference: alibaba-kms.md F.4-4). */
const SYMMETRIC_FACTS: Facts = Object.freeze({ 'kms:EncryptionAlgorithm': SYMMETRIC_ALGORITHM })

/** Condition keys of an encryption context (seed: kms:EncryptionContext:${Key}, kms:EncryptionContextKeys). */
function contextFacts(context: EncryptionContext): Facts {
  const names = Object.keys(context)
  if (names.length === 0) return SYMMETRIC_FACTS
  const facts: Record<string, FactValue> = {
    'kms:EncryptionAlgorithm': SYMMETRIC_ALGORITHM,
    'kms:EncryptionContextKeys': names,
  }
  for (const name of names) facts[`kms:EncryptionContext:${name}`] = context[name] as string
  return facts
}
