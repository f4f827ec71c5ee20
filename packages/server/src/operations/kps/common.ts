import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { findVisible, type Keypair } from '../../keypairs/pairs.ts'
import type { Check, DecidedRow, Facts } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope } from '../../pipeline/scope.ts'

/** Letters, digits, `_` and `-`, at most 255 (reference: huawei-kps.md A.3). */
export const KeypairName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,255}$' })
export const ProjectId = Type.String({ minLength: 1, maxLength: 64 })

/** No object of this service's inputs takes members that it does not know. */
export const closed = { additionalProperties: false }

/** What the paths of one key pair carry. */
export const NamedInput = Type.Object({ project_id: ProjectId, keypair_name: KeypairName }, closed)

/** A key pair that a call names. Missing is data: the name is decided first. */
export interface NamedTarget {
  readonly pair: Keypair | undefined
}

/** Raises `ProjectMismatch` unless the path names the caller's own project; nothing may be loaded before. */
export function assertOwnProject(scope: CheckScope, projectId: string): void {
  if (projectId !== scope.caller.account.projectId) throw refuse({ code: 'ProjectMismatch' })
}

export async function resolveNamed(
  scope: ResolveScope,
  input: Static<typeof NamedInput>,
): Promise<NamedTarget> {
  assertOwnProject(scope, input.project_id)
  return { pair: await findVisible(scope.store.read, scope.caller, input.keypair_name) }
}

/** The pair that was decided on. Raises `KeypairNotFound`, which so reaches only callers who were allowed. */
export function existing(target: NamedTarget, name: string): Keypair {
  if (!target.pair) throw refuse({ code: 'KeypairNotFound', name })
  return target.pair
}

/** The row of a pair, to write on only if it is still what was decided. */
export function decidedPair({ pair }: NamedTarget): readonly DecidedRow[] {
  return pair ? [{ table: 'keypairs', id: pair.id, version: pair.version }] : []
}

/** One decision on a key pair by its name (seed: kps-authorization.txt, Table 3). */
export function keypairCheck(scope: CheckScope, action: string, name: string, facts: Facts = {}): Check {
  return check(scope, `kps:SSHKeyPair:${action}`, urn(scope, 'kps', 'SSHKeyPair', name), facts)
}

/** One decision of an action that has no resource type (seed: kps-authorization.txt, Table 1). */
export function plainCheck(scope: CheckScope, action: string): Check {
  return check(scope, action, '*')
}

export function check(scope: CheckScope, action: string, resource: string, facts: Facts = {}): Check {
  return { language: 'iam', action, resource, owner: scope.caller.account.uid, facts }
}

/** An entity of the caller's account in a service of this wire. */
export function urn(scope: CheckScope, service: string, type: string, name: string): string {
  return `${service}:${scope.regions.huawei}:${scope.caller.account.domainId}:${type}:${name}`
}
