import { randomUUID } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { type Algorithm, algorithmNames, DEFAULT_ALGORITHM } from '../../keypairs/algorithms.ts'
import { md5Fingerprint } from '../../keypairs/formats/public-key.ts'
import {
  MAX_PUBLIC_LINE,
  type PublicLine,
  parsePublicLine,
  writePublicLine,
} from '../../keypairs/formats/public-line.ts'
import { parseField } from '../../keypairs/formats/reading.ts'
import { customaryFormat, writePrivateKey } from '../../keypairs/formats/write-private-key.ts'
import { generateKey } from '../../keypairs/generate.ts'
import { assertNameFree, insertKeypair, visibleTo } from '../../keypairs/pairs.ts'
import { type Scope, writeOperation } from '../../pipeline/operation.ts'
import { assertOwnProject, KeypairName, keypairCheck, ProjectId } from './common.ts'

const closed = { additionalProperties: false }

const input = Type.Object(
  {
    project_id: ProjectId,
    keypair: Type.Object(
      {
        name: KeypairName,
        type: Type.Optional(Type.Union([Type.Literal('ssh'), Type.Literal('x509')])),
        // No secret, but a private key pasted here by mistake would be one.
        public_key: Type.Optional(Secret(Type.String({ minLength: 1, maxLength: MAX_PUBLIC_LINE }))),
        scope: Type.Optional(Type.Union([Type.Literal('user'), Type.Literal('domain')])),
        user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        algorithm: Type.Optional(Type.Union(algorithmNames.map((name) => Type.Literal(name)))),
      },
      closed,
    ),
  },
  closed,
)

const output = Type.Object({
  keypair: Type.Object({
    name: Type.String(),
    type: Type.String(),
    public_key: Type.String(),
    private_key: Type.Optional(Secret(Type.String())),
    fingerprint: Type.String(),
    user_id: Type.String(),
  }),
})

type Input = Static<typeof input>

/** What is to be made: an imported public key, or a new one of an algorithm. */
interface Target {
  readonly imported: PublicLine | undefined
  readonly algorithm: Algorithm
}

/** A key pair ready to be stored. The private key is text only here and in the answer. */
interface Prepared {
  readonly id: string
  readonly publicLine: string
  readonly fingerprint: string
  readonly privateKey: string | undefined
}

/** Makes a key pair, or takes a public key in (reference: huawei-kps.md A.3). */
export const createKeypair = writeOperation({
  name: 'kps:CreateKeypair',
  summary: 'Generate an SSH key pair, or import the public key of one',
  binding: { wire: 'huawei', method: 'POST', path: '/v3/{project_id}/keypairs', status: 200 },
  effect: 'write',
  input,
  output,
  resolve: (scope, { project_id, keypair }): Target => {
    assertOwnProject(scope, project_id)
    if (keypair.type === 'x509') throw invalid('type', 'key pairs of type `x509` are not offered, use `ssh`')
    if (keypair.user_id !== undefined && keypair.user_id !== scope.caller.iamId) {
      throw invalid('user_id', 'the owner of a new key pair is the caller')
    }
    const wanted = keypair.algorithm as Algorithm | undefined
    const { public_key } = keypair
    if (public_key === undefined) return { imported: undefined, algorithm: wanted ?? DEFAULT_ALGORITHM }
    const imported = parseField('keypair.public_key', () => parsePublicLine(public_key))
    if (wanted !== undefined && wanted !== imported.algorithm) {
      throw invalid('algorithm', `the public key is of algorithm \`${imported.algorithm}\``)
    }
    return { imported, algorithm: imported.algorithm }
  },
  checks: (scope, { keypair }, { algorithm }) => [
    keypairCheck(scope, 'create', keypair.name, { 'kps:Algorithm': algorithm }),
  ],
  decided: () => [],
  touches: (scope) => [scope.caller.account.uid],
  prepare: async (scope, { keypair }, { imported, algorithm }): Promise<Prepared> => {
    // Generation is slow: a name that is taken already is refused before it. `work` looks again.
    await assertNameFree(scope.store.read, identity(scope, keypair))
    const id = randomUUID()
    if (imported) {
      return {
        id,
        publicLine: writePublicLine(imported, imported.comment),
        fingerprint: md5Fingerprint(imported.blob),
        privateKey: undefined,
      }
    }
    const generated = await generateKey(algorithm)
    return {
      id,
      publicLine: writePublicLine(generated.public, 'Generated-by-Keyward'),
      fingerprint: md5Fingerprint(generated.public.blob),
      privateKey: writePrivateKey(generated, customaryFormat(generated)),
    }
  },
  work: async (tx, scope, { keypair }, { algorithm }, prepared) => {
    const { caller } = scope
    const now = scope.clock.now()
    const pair = await insertKeypair(tx, {
      ...identity(scope, keypair),
      id: prepared.id,
      account_uid: caller.account.uid,
      user_id: caller.iamId,
      user_name: caller.name,
      type: 'ssh',
      algorithm,
      public_key: prepared.publicLine,
      fingerprint: prepared.fingerprint,
      description: '',
      created_at: now,
      updated_at: now,
    })
    return {
      keypair: {
        name: pair.name,
        type: pair.type,
        public_key: pair.public_key,
        ...(prepared.privateKey === undefined ? {} : { private_key: prepared.privateKey }),
        fingerprint: pair.fingerprint,
        user_id: pair.user_id,
      },
    }
  },
  example: ({ projectId }) => ({ project_id: projectId, keypair: { name: 'example-created', type: 'ssh' } }),
})

function identity(scope: Scope, { name, scope: seenBy }: Input['keypair']) {
  const { caller } = scope
  return { project_id: caller.account.projectId, name, visible_to: visibleTo(seenBy ?? 'user', caller) }
}

function invalid(field: string, detail: string) {
  return refuse({ code: 'InvalidParameter', name: `keypair.${field}`, detail })
}
