import { Type } from 'typebox'
import { changeKeypair } from '../../keypairs/pairs.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import {
  closed,
  decidedPair,
  existing,
  KeypairName,
  keypairCheck,
  ProjectId,
  resolveNamed,
} from './common.ts'

/** Changes the one text that people write about a pair. */
export const updateKeypairDescription = writeOperation({
  name: 'kps:UpdateKeypairDescription',
  summary: 'Change the description of an SSH key pair',
  effect: 'write',
  input: Type.Object(
    {
      project_id: ProjectId,
      keypair_name: KeypairName,
      keypair: Type.Object({ description: Type.String({ maxLength: 255 }) }, closed),
    },
    closed,
  ),
  output: Type.Object({}),
  resolve: (scope, { project_id, keypair_name }) => resolveNamed(scope, { project_id, keypair_name }),
  checks: (scope, { keypair_name }) => [keypairCheck(scope, 'update', keypair_name)],
  decided: decidedPair,
  touches: () => [],
  quick: true,
  prepare: (_scope, { keypair_name }, target) => existing(target, keypair_name),
  work: async (tx, scope, { keypair }, _target, pair) => {
    await changeKeypair(tx, pair, { description: keypair.description }, scope.clock.now())
    return {}
  },
  example: {
    project_id: '{projectId}',
    keypair_name: '{keypairName}',
    keypair: { description: 'for the web servers' },
  },
})
