import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { findCustody } from '../../keypairs/custody.ts'
import { findVisible } from '../../keypairs/pairs.ts'
import { type Check, readOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope } from '../../pipeline/scope.ts'
import { BATCH } from './batch-import.ts'
import {
  assertOwnProject,
  closed,
  existing,
  KeypairName,
  keypairCheck,
  type NamedTarget,
  ProjectId,
} from './common.ts'
import { type Kept, keptChecks, openKept, resolveKept } from './custody.ts'
import { zip } from './zip.ts'

interface Target extends NamedTarget {
  readonly kept: Kept | undefined
}

async function resolveExport(scope: ResolveScope, name: string): Promise<Target> {
  const pair = await findVisible(scope.store.read, scope.caller, name)
  const row = pair && (await findCustody(scope.store.read, pair))
  return { pair, kept: await resolveKept(scope, row) }
}

function exportChecks(scope: CheckScope, name: string, { kept }: Target): readonly Check[] {
  return [keypairCheck(scope, 'exportPrivateKey', name), ...keptChecks(scope, kept)]
}

/** The private key's text. Raises `KeypairNotFound`, `PrivateKeyNotFound` and what KMS says of its key. */
function exported(scope: Scope, name: string, target: Target): string {
  existing(target, name)
  if (!target.kept) throw refuse({ code: 'PrivateKeyNotFound', name })
  return openKept(scope, target.kept)
}

/** Answers a private key from custody; as often as it is asked to (reference: huawei-kps.md A.3). */
export const exportPrivateKey = readOperation({
  name: 'kps:ExportPrivateKey',
  summary: 'Export the private key of an SSH key pair from custody',
  effect: 'read',
  input: Type.Object({ project_id: ProjectId, keypair: Type.Object({ name: KeypairName }, closed) }, closed),
  output: Type.Object({
    keypair: Type.Object({ name: Type.String(), private_key: Secret(Type.String()) }),
  }),
  resolve: (scope, { project_id, keypair }) => {
    assertOwnProject(scope, project_id)
    return resolveExport(scope, keypair.name)
  },
  checks: (scope, { keypair }, target) => exportChecks(scope, keypair.name, target),
  work: (scope, { keypair }, target) => ({
    keypair: { name: keypair.name, private_key: exported(scope, keypair.name, target) },
  }),
  example: { project_id: '{projectId}', keypair: { name: '{kps.managedName}' } },
})

/** Clients send the whole item of a list; its name says which pair is meant. */
const Item = Type.Object(
  {
    keypair: Type.Object(
      {
        name: KeypairName,
        type: Type.Optional(Type.Enum(['ssh', 'x509'])),
        scope: Type.Optional(Type.Enum(['domain', 'user'])),
        public_key: Type.Optional(Secret(Type.String({ maxLength: 8192 }))),
        fingerprint: Type.Optional(Type.String({ maxLength: 128 })),
        is_key_protection: Type.Optional(Type.Boolean()),
        frozen_state: Type.Optional(Type.Union([Type.String({ maxLength: 16 }), Type.Integer()])),
      },
      closed,
    ),
  },
  closed,
)

/** Answers up to ten private keys as one zip of `<name>.pem`. One that is denied or missing refuses the call. */
export const batchExportPrivateKey = readOperation({
  name: 'kps:BatchExportPrivateKey',
  summary: 'Export up to ten private keys from custody, as a zip',
  effect: 'read',
  input: Type.Object(
    { project_id: ProjectId, items: Type.Array(Item, { minItems: 1, maxItems: BATCH }) },
    closed,
  ),
  output: Type.Object({ zip: Secret(Type.Unsafe<Uint8Array>({})) }),
  resolve: (scope, { project_id, items }) => {
    assertOwnProject(scope, project_id)
    if (new Set(items.map(({ keypair }) => keypair.name)).size < items.length) {
      throw refuse({ code: 'InvalidParameter', name: 'items', detail: 'a key pair stands there twice' })
    }
    return Promise.all(items.map(({ keypair }) => resolveExport(scope, keypair.name)))
  },
  checks: (scope, { items }, targets) =>
    items.flatMap(({ keypair }, i) => exportChecks(scope, keypair.name, targets[i] as Target)),
  work: (scope, { items }, targets) => {
    const files = items.map(({ keypair: { name } }, i) => ({
      name: `${name}.pem`,
      content: Buffer.from(exported(scope, name, targets[i] as Target)),
    }))
    return { zip: zip(files, scope.clock.now()) }
  },
  example: {
    project_id: '{projectId}',
    items: [{ keypair: { name: '{kps.managedName}' } }],
  },
})
