import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { findVisible, type Keypair } from '../../keypairs/pairs.ts'
import type { Check, Facts, Scope } from '../../pipeline/operation.ts'

/** Letters, digits, `_` and `-`, at most 255 (reference: huawei-kps.md A.3). */
export const KeypairName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,255}$' })
export const ProjectId = Type.String({ minLength: 1, maxLength: 64 })

/** What the paths of one key pair carry. */
export const NamedInput = Type.Object(
  { project_id: ProjectId, keypair_name: KeypairName },
  { additionalProperties: false },
)

/** A key pair that a call names. Missing is data: the name is decided first. */
export interface NamedTarget {
  readonly pair: Keypair | undefined
}

/** Raises `ProjectMismatch` unless the path names the caller's own project; nothing may be loaded before. */
export function assertOwnProject(scope: Scope, projectId: string): void {
  if (projectId !== scope.caller.account.projectId) throw refuse({ code: 'ProjectMismatch' })
}

export async function resolveNamed(scope: Scope, input: Static<typeof NamedInput>): Promise<NamedTarget> {
  assertOwnProject(scope, input.project_id)
  return { pair: await findVisible(scope.store.read, scope.caller, input.keypair_name) }
}

/** The pair that was decided on. Raises `KeypairNotFound`, which so reaches only callers who were allowed. */
export function existing(target: NamedTarget, name: string): Keypair {
  if (!target.pair) throw refuse({ code: 'KeypairNotFound', name })
  return target.pair
}

/** One decision on a key pair by its name (seed: kps-authorization.txt, Table 3). */
export function keypairCheck(scope: Scope, action: string, name: string, facts: Facts = {}): Check {
  const { domainId, uid } = scope.caller.account
  return {
    language: 'iam',
    action: `kps:SSHKeyPair:${action}`,
    resource: `kps:${scope.regions.huawei}:${domainId}:SSHKeyPair:${name}`,
    owner: uid,
    facts,
  }
}
