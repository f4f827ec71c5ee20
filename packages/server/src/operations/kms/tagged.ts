import { type Problem, refuse } from '../../base/problem.ts'
import { type Tags, writeTags } from '../../base/tags.ts'
import { changeKey } from '../../kms/keys.ts'
import type { StatefulOperation } from '../../kms/states.ts'
import type { Check, DecidedRow } from '../../pipeline/operation.ts'
import type { CheckScope, StateScope } from '../../pipeline/scope.ts'
import { changeSecret } from '../../secrets/secrets.ts'
import type { Touched, WriteHandle } from '../../store/store.ts'
import {
  decidedSecret,
  existing as existingSecret,
  SECRET_NOT_FOUND,
  type SecretTarget,
  managementCheck as secretCheck,
  secretFor,
  touchedSecret,
} from '../secrets/secret-target.ts'
import { managementCheck as keyCheck } from './key-checks.ts'
import { decidedKey, existing, type KeyTarget, keyFor, touchedKeys } from './key-target.ts'

/** A key or a secret that a call on tags names. */
export type Tagged =
  | { readonly kind: 'key'; readonly target: KeyTarget }
  | { readonly kind: 'secret'; readonly target: SecretTarget; readonly missing?: Problem }

/** The calls that change tags. */
export type TagCall = Extract<
  StatefulOperation,
  'TagResource' | 'TagResources' | 'UntagResource' | 'UntagResources'
>

export function tagCheck(scope: CheckScope, action: string, tagged: Tagged): Check {
  return tagged.kind === 'key'
    ? keyCheck(scope, action, tagged.target)
    : secretCheck(scope, action, tagged.target)
}

export function decidedTagged(tagged: Tagged): readonly DecidedRow[] {
  return tagged.kind === 'key' ? decidedKey(tagged.target) : decidedSecret(tagged.target)
}

export function touchedTagged(entities: readonly Tagged[]): readonly Touched[] {
  return entities.map((one) =>
    one.kind === 'key' ? touchedKeys([one.target])[0]! : touchedSecret(one.target),
  )
}

/** An entity whose tags may change now. */
export interface TagChange {
  readonly tags: Tags
  write(tx: WriteHandle, tags: Tags, now: number): Promise<void>
}

/** Raises what a missing entity, or the state of one, is told. */
export function tagChange(scope: StateScope, action: TagCall, tagged: Tagged): TagChange {
  if (tagged.kind === 'key') {
    const key = keyFor(scope, action, tagged.target)
    return { tags: key.tags, write: (tx, tags) => changeKey(tx, key, { tags: writeTags(tags) }) }
  }
  assertThere(tagged)
  const secret = secretFor(tagged.target)
  return {
    tags: secret.tags,
    write: (tx, tags, now) => changeSecret(tx, secret, { tags: writeTags(tags), updated_at: now }),
  }
}

/** The name of an entity in a list of tags. */
export function taggedId(tagged: Tagged): string {
  if (tagged.kind === 'key') return existing(tagged.target).id
  assertThere(tagged)
  return existingSecret(tagged.target).name
}

function assertThere({ missing = SECRET_NOT_FOUND, target }: Extract<Tagged, { kind: 'secret' }>): void {
  if (!target.secret) throw refuse(missing)
}
