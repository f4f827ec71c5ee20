import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { clearCustody, findCustody, insertCustody, sealPrivateKey } from '../../keypairs/custody.ts'
import { proveBelongs } from '../../keypairs/formats/proof.ts'
import { parsePublicLine } from '../../keypairs/formats/public-line.ts'
import { readPrivateKey } from '../../keypairs/formats/read-private-key.ts'
import { sameKey } from '../../keypairs/hosts/authorized-keys.ts'
import { hostsBoundTo } from '../../keypairs/hosts/registry.ts'
import { changeKeypair, findVisible, type Keypair, scopeOf } from '../../keypairs/pairs.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope } from '../../pipeline/scope.ts'
import {
  assertOwnProject,
  closed,
  decidedPair,
  existing,
  KeypairName,
  keypairCheck,
  NamedInput,
  ProjectId,
  resolveNamed,
} from './common.ts'
import {
  decidedGuard,
  Encryption,
  guardChecks,
  guardFacts,
  makeProtection,
  PrivateKeyText,
  resolveGuard,
} from './custody.ts'
import { parseFieldAsync } from './new-keypair.ts'

/** Takes a private key into custody, in the place of one that may be there (reference: huawei-kps.md A.3). */
export const importPrivateKey = writeOperation({
  name: 'kps:ImportPrivateKey',
  summary: 'Take the private key of an SSH key pair into custody',
  effect: 'write',
  input: Type.Object(
    {
      project_id: ProjectId,
      keypair: Type.Object(
        {
          name: KeypairName,
          user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
          key_protection: Secret(
            Type.Object({ private_key: PrivateKeyText, encryption: Encryption }, closed),
          ),
        },
        closed,
      ),
    },
    closed,
  ),
  output: Type.Object({
    keypair: Type.Object({
      name: Type.String(),
      user_id: Type.String(),
      key_protection: Type.Object({ encryption: Encryption }),
    }),
  }),
  resolve: async (scope, { project_id, keypair }) => {
    assertOwnProject(scope, project_id)
    const { encryption } = keypair.key_protection
    const guard = await resolveGuard(scope, encryption, 'keypair.key_protection.encryption')
    return { pair: await findVisible(scope.store.read, scope.caller, keypair.name), guard }
  },
  checks: (scope, { keypair }, { guard }) => [
    keypairCheck(scope, 'importPrivateKey', keypair.name, guardFacts(guard)),
    ...guardChecks(scope, guard),
  ],
  decided: (target) => [...decidedPair(target), ...decidedGuard(target.guard)],
  touches: () => [],
  prepare: async (scope, { keypair }, target) => {
    const pair = existing(target, keypair.name)
    const owner = newOwner(scope, pair, keypair.user_id)
    const { private_key } = keypair.key_protection
    const { text } = await parseFieldAsync('keypair.key_protection.private_key', async () => {
      const key = await readPrivateKey(private_key)
      await proveBelongs(key, parsePublicLine(pair.public_key))
      return key
    })
    const protection = await makeProtection(scope, target.guard)
    const of = { accountUid: pair.account_uid, keypairId: pair.id, publicLine: pair.public_key }
    const row = sealPrivateKey(scope.keyring, of, text, protection, scope.clock.now())
    return { pair, owner, row }
  },
  work: async (tx, scope, { keypair }, _target, { pair, owner, row }) => {
    await insertCustody(tx, row)
    await changeKeypair(tx, pair, { ...owner, private_key_id: row.id }, scope.clock.now())
    const { encryption } = keypair.key_protection
    return {
      keypair: {
        name: pair.name,
        user_id: owner.user_id ?? pair.user_id,
        key_protection: { encryption },
      },
    }
  },
  example: {
    project_id: '{projectId}',
    keypair: {
      name: '{kps.importedName}',
      key_protection: { private_key: '{kps.importedPrivateKey}', encryption: { type: 'default' } },
    },
  },
})

/** The one call that may change the owner of a pair: of one that all see, to the caller. */
function newOwner(scope: CheckScope, pair: Keypair, wanted: string | undefined) {
  const { caller } = scope
  if (wanted === undefined || wanted === pair.user_id) return {}
  if (wanted === caller.iamId && scopeOf(pair) === 'domain') {
    return { user_id: caller.iamId, user_name: caller.name }
  }
  throw refuse({
    code: 'InvalidParameter',
    name: 'keypair.user_id',
    detail: 'the owner can only become the caller, of a key pair that the whole account sees',
  })
}

/** Takes a private key out of custody for good. The public key stays. */
export const clearPrivateKey = writeOperation({
  name: 'kps:ClearPrivateKey',
  summary: 'Delete the private key of an SSH key pair from custody',
  effect: 'write',
  input: NamedInput,
  output: Type.Object({}),
  resolve: resolveNamed,
  checks: (scope, { keypair_name }) => [keypairCheck(scope, 'clearPrivateKey', keypair_name)],
  decided: decidedPair,
  touches: () => [],
  quick: true,
  prepare: async (scope, { keypair_name }, target) => {
    const pair = existing(target, keypair_name)
    if (!(await findCustody(scope.store.read, pair))) {
      throw refuse({ code: 'PrivateKeyNotFound', name: keypair_name })
    }
    return pair
  },
  work: async (tx, scope, { keypair_name }, _target, pair) => {
    // An earlier key that a host still lets in may be nowhere else.
    const hosts = (await hostsBoundTo(tx, pair.id)).filter(
      ({ bound_line }) => bound_line !== null && !sameKey(bound_line, pair.public_key),
    ).length
    if (hosts > 0) throw refuse({ code: 'KeypairBehind', name: keypair_name, hosts })
    await clearCustody(tx, pair.id)
    await changeKeypair(tx, pair, { private_key_id: null }, scope.clock.now())
    return {}
  },
  example: { project_id: '{projectId}', keypair_name: '{kps.managedName}' },
})
