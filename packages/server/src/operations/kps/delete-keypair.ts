import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { hostsBoundTo } from '../../keypairs/hosts/registry.ts'
import { deleteKeypair as removeKeypair } from '../../keypairs/pairs.ts'
import { tasksAdding } from '../../keypairs/tasks/tasks.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { decidedPair, existing, keypairCheck, NamedInput, resolveNamed } from './common.ts'

/**
 * Deletes a key pair that the caller sees. One that is bound stays: its private key may be the only way to the host, and
 * nothing could take its line off again.
 */
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
  quick: true,
  prepare: (_scope, { keypair_name }, target) => existing(target, keypair_name),
  work: async (tx, _scope, { keypair_name }, _target, pair) => {
    const hosts = (await hostsBoundTo(tx, pair.id)).length + (await tasksAdding(tx, pair.id)).length
    if (hosts > 0) throw refuse({ code: 'KeypairBound', name: keypair_name, hosts })
    await removeKeypair(tx, pair.id)
    return {}
  },
  example: { project_id: '{projectId}', keypair_name: '{keypairName}' },
})
