import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { insertAlias, moveAlias, deleteAlias as remove } from '../../kms/aliases.ts'
import { changeKey } from '../../kms/keys.ts'
import { assertBelowLimit } from '../../kms/limits.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { type AliasTarget, aliasChecks, decidedAlias, resolveAlias, touchedByAlias } from './alias-target.ts'
import { Input, KeyId, Nothing } from './fields.ts'
import { existing, keyFor } from './key-target.ts'

const AliasName = Type.String({ minLength: 1, maxLength: 255 })

/** Gives a key of the caller's account an alias (reference: alibaba-kms.md A.2, C.4). */
export const createAlias = writeOperation({
  name: 'kms:CreateAlias',
  summary: 'Give a key an alias',
  effect: 'write',
  input: Input({ AliasName, KeyId }),
  output: Nothing,
  resolve: (scope, input) => resolveAlias(scope, input.AliasName, input.KeyId),
  checks: (scope, _input, target: AliasTarget) => aliasChecks(scope, 'kms:CreateAlias', target),
  decided: decidedAlias,
  touches: (_scope, _input, target) => touchedByAlias(target),
  quick: true,
  async prepare(scope, _input, { holder, key, place }) {
    const named = keyFor(scope, 'CreateAlias', key!)
    if (holder) throw refuse({ code: 'AliasExists' })
    await assertBelowLimit(scope.store.read, 'aliases', place.accountUid, place.region)
    return named
  },
  async work(tx, scope, _input, { place }, key) {
    await insertAlias(tx, place, key.id, scope.clock.now())
    await changeKey(tx, key, {})
    return {}
  },
  example: { AliasName: 'alias/example-{keyId}', KeyId: '{keyId}' },
})

/** Moves an alias to another key; only that key's state matters (reference: alibaba-kms.md C.1). */
export const updateAlias = writeOperation({
  name: 'kms:UpdateAlias',
  summary: 'Move an alias to another key',
  effect: 'write',
  input: Input({ AliasName, KeyId }),
  output: Nothing,
  resolve: (scope, input) => resolveAlias(scope, input.AliasName, input.KeyId),
  checks: (scope, _input, target: AliasTarget) => aliasChecks(scope, 'kms:UpdateAlias', target),
  decided: decidedAlias,
  touches: (_scope, _input, target) => touchedByAlias(target),
  quick: true,
  prepare(scope, _input, { holder, key }) {
    const named = existing(key!)
    if (!holder) throw refuse({ code: 'AliasNotFound' })
    return {
      named: keyFor(scope, 'UpdateAlias', key!),
      left: holder.key?.id === named.id ? undefined : holder.key,
    }
  },
  async work(tx, _scope, _input, { place }, { left, named }) {
    await moveAlias(tx, place, named.id)
    await changeKey(tx, named, {})
    if (left) await changeKey(tx, left, {})
    return {}
  },
  example: { AliasName: '{kms.aliasName}', KeyId: '{kms.oldKeyId}' },
})

/** Removes an alias; its key stays as it is, whatever its state. */
export const deleteAlias = writeOperation({
  name: 'kms:DeleteAlias',
  summary: 'Remove an alias',
  effect: 'write',
  input: Input({ AliasName }),
  output: Nothing,
  resolve: (scope, input) => resolveAlias(scope, input.AliasName),
  checks: (scope, _input, target: AliasTarget) => aliasChecks(scope, 'kms:DeleteAlias', target),
  decided: decidedAlias,
  touches: (_scope, _input, target) => touchedByAlias(target),
  quick: true,
  prepare(scope, _input, { holder }) {
    if (!holder) throw refuse({ code: 'AliasNotFound' })
    return holder.key && keyFor(scope, 'DeleteAlias', holder)
  },
  async work(tx, _scope, _input, { place }, key) {
    await remove(tx, place)
    if (key) await changeKey(tx, key, {})
    return {}
  },
  example: { AliasName: '{kms.aliasName}' },
})
