import { Type } from 'typebox'
import { deleteKeypair as removeKeypair } from '../../keypairs/pairs.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { decidedPair, existing, keypairCheck, NamedInput, resolveNamed } from './common.ts'

/** Deletes a key pair that the caller sees. Hosts that know its public key keep it. */
export const deleteKeypair = writeOperation({
  name: 'kps:DeleteKeypair',
  summary: 'Delete an SSH key pair',
  effect: 'write',
  input: NamedInput,
  output: Type.Object({}),
  resolve: resolveNamed,
  checks: (scope, { keypair_name }) => [keypairCheck(scope, 'delete', keypair_name)],
  decided: decidedPair,
  // Pairs are read as they stand and decide nothing: nothing that is held in memory becomes old.
  touches: () => [],
  prepare: (_scope, { keypair_name }, target) => existing(target, keypair_name),
  work: async (tx, _scope, _input, _target, pair) => {
    await removeKeypair(tx, pair.id)
    return {}
  },
  example: ({ projectId, keypairName }) => ({ project_id: projectId, keypair_name: keypairName }),
})
