import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { type Keypair, listVisible, scopeOf } from '../../keypairs/pairs.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { assertOwnProject, keypairCheck, ProjectId } from './common.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

/** No length of its own: clients send `marker=` for the first page. */
const Marker = Type.String({ pattern: '^([0-9]{1,15})?$' })

const item = Type.Object({
  keypair: Type.Object({
    name: Type.String(),
    type: Type.String(),
    scope: Type.String(),
    public_key: Type.String(),
    fingerprint: Type.String(),
    is_key_protection: Type.Boolean(),
    /** A string here, an integer in the detail. */
    frozen_state: Type.String(),
  }),
})

/** Pages through the key pairs that the caller sees (reference: huawei-kps.md A.3). */
export const listKeypairs = readOperation({
  name: 'kps:ListKeypairs',
  summary: 'List the SSH key pairs that the caller sees, a page at a time',
  effect: 'read',
  input: Type.Object(
    {
      project_id: ProjectId,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT })),
      marker: Type.Optional(Marker),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    keypairs: Type.Array(item),
    page_info: Type.Object({
      next_marker: Type.Optional(Type.String()),
      previous_marker: Type.Optional(Type.String()),
      current_count: Type.Integer(),
    }),
  }),
  resolve: (scope, { project_id, marker }) => {
    assertOwnProject(scope, project_id)
    const start = marker ? Number(marker) : 0
    if (!Number.isSafeInteger(start)) throw refuse({ code: 'InvalidParameter', name: 'marker' })
    return { start }
  },
  // A policy that names single pairs does not allow the list: no pair is called `*`.
  checks: (scope) => [keypairCheck(scope, 'list', '*')],
  work: async (scope, { limit }, { start }) => {
    const page = await listVisible(scope.store.read, scope.caller, start, limit ?? DEFAULT_LIMIT)
    return {
      keypairs: page.pairs.map((pair) => ({ keypair: listed(pair) })),
      page_info: {
        ...(page.next === undefined ? {} : { next_marker: String(page.next) }),
        ...(page.previous === undefined ? {} : { previous_marker: String(page.previous) }),
        current_count: page.pairs.length,
      },
    }
  },
  example: { project_id: '{projectId}', limit: 10 },
})

function listed(pair: Keypair) {
  return {
    name: pair.name,
    type: pair.type,
    scope: scopeOf(pair),
    public_key: pair.public_key,
    fingerprint: pair.fingerprint,
    is_key_protection: pair.private_key_id !== null,
    frozen_state: '0',
  }
}
