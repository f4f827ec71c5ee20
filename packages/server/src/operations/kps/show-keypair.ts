import { Type } from 'typebox'
import { findCustody } from '../../keypairs/custody.ts'
import { scopeOf } from '../../keypairs/pairs.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { existing, keypairCheck, NamedInput, resolveNamed } from './common.ts'

/** Shows one key pair that the caller sees. Times on this wire are milliseconds (reference: huawei-kps.md A.3). */
export const showKeypair = readOperation({
  name: 'kps:ListKeypairDetail',
  summary: 'Show one SSH key pair',
  effect: 'read',
  input: NamedInput,
  output: Type.Object({
    keypair: Type.Object({
      id: Type.Integer(),
      name: Type.String(),
      type: Type.String(),
      scope: Type.String(),
      public_key: Type.String(),
      fingerprint: Type.String(),
      is_key_protection: Type.Boolean(),
      deleted: Type.Boolean(),
      description: Type.String(),
      user_id: Type.String(),
      create_time: Type.Integer(),
      update_time: Type.Integer(),
      /** An integer here, a string in the list. */
      frozen_state: Type.Integer(),
      algorithm: Type.String(),
      /** The KMS key that guards the private key. */
      key_id: Type.Optional(Type.String()),
    }),
  }),
  resolve: resolveNamed,
  checks: (scope, { keypair_name }) => [keypairCheck(scope, 'get', keypair_name)],
  work: async (scope, { keypair_name }, target) => {
    const pair = existing(target, keypair_name)
    const kmsKeyId = (await findCustody(scope.store.read, pair))?.kms_key_id ?? undefined
    return {
      keypair: {
        id: pair.number,
        name: pair.name,
        type: pair.type,
        scope: scopeOf(pair),
        public_key: pair.public_key,
        fingerprint: pair.fingerprint,
        is_key_protection: pair.private_key_id !== null,
        deleted: false,
        description: pair.description,
        user_id: pair.user_id,
        create_time: pair.created_at,
        update_time: pair.updated_at,
        frozen_state: 0,
        algorithm: pair.algorithm,
        ...(kmsKeyId === undefined ? {} : { key_id: kmsKeyId }),
      },
    }
  },
  example: { project_id: '{projectId}', keypair_name: '{keypairName}' },
})
