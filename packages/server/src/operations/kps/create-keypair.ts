import { Type } from 'typebox'
import { writeOperation } from '../../pipeline/operation.ts'
import { assertOwnProject, closed, ProjectId } from './common.ts'
import {
  decidedNew,
  MadeKeypair,
  NewKeypair,
  newChecks,
  prepareNew,
  resolveNew,
  storeNew,
} from './new-keypair.ts'

/** Makes a key pair, or takes a public key in, and keeps its private key if asked to (reference: huawei-kps.md A.3). */
export const createKeypair = writeOperation({
  name: 'kps:CreateKeypair',
  summary: 'Generate an SSH key pair, or import the public key of one',
  effect: 'write',
  input: Type.Object({ project_id: ProjectId, keypair: NewKeypair }, closed),
  output: Type.Object({ keypair: MadeKeypair }),
  resolve: (scope, { project_id, keypair }) => {
    assertOwnProject(scope, project_id)
    return resolveNew(scope, keypair, 'keypair')
  },
  checks: (scope, { keypair }, target) => newChecks(scope, keypair, target),
  decided: decidedNew,
  // Pairs are read as they stand and decide nothing: nothing that is held in memory becomes old.
  touches: () => [],
  prepare: (scope, { keypair }, target) => prepareNew(scope, keypair, target, 'keypair'),
  work: async (tx, scope, { keypair }, _target, prepared) => ({
    keypair: await storeNew(tx, scope, keypair, prepared),
  }),
  example: { project_id: '{projectId}', keypair: { name: 'example-created', type: 'ssh' } },
})
