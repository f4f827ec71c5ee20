import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { type Algorithm, algorithmNames } from '../../keypairs/algorithms.ts'
import { findCustody, insertCustody, type NewCustodyRow, sealPrivateKey } from '../../keypairs/custody.ts'
import { md5Fingerprint, sha256Fingerprint } from '../../keypairs/formats/public-key.ts'
import { parsePublicLine, writePublicLine } from '../../keypairs/formats/public-line.ts'
import { customaryFormat, writePrivateKey } from '../../keypairs/formats/write-private-key.ts'
import { generateKey } from '../../keypairs/generate.ts'
import { sameKey } from '../../keypairs/hosts/authorized-keys.ts'
import { type Host, hostsBoundTo } from '../../keypairs/hosts/registry.ts'
import { changeKeypair, findVisible, type Keypair } from '../../keypairs/pairs.ts'
import { dropEarlierKeys } from '../../keypairs/tasks/run-task.ts'
import { tasksAdding } from '../../keypairs/tasks/tasks.ts'
import { type Check, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope, Scope } from '../../pipeline/scope.ts'
import { closed, decidedPair, existing, KeypairName, keypairCheck } from './common.ts'
import {
  decidedGuard,
  type Guard,
  guardChecks,
  type Kept,
  keptChecks,
  makeProtection,
  resolveGuard,
  resolveKept,
} from './custody.ts'
import { serverChecks } from './hosts.ts'
import { makeSubmission, submit } from './submit.ts'

interface Target {
  readonly pair: Keypair | undefined
  readonly kept: Kept | undefined
  /** As the present key is guarded, so will the next one be. */
  readonly guard: Guard | undefined
  readonly hosts: readonly Host[]
  /** Ids of those that a running task is just putting the present key on. */
  readonly bindingNow: ReadonlySet<string>
}

async function resolveRotation(scope: ResolveScope, name: string, retry: boolean): Promise<Target> {
  const { read } = scope.store
  const pair = await findVisible(read, scope.caller, name)
  const row = pair && (await findCustody(read, pair))
  const kept = await resolveKept(scope, row)
  const bindingNow = new Set((pair ? await tasksAdding(read, pair.id) : []).map((task) => task.host_id))
  const bound = pair ? await hostsBoundTo(read, pair.id, [...bindingNow]) : []
  const behind = (host: Host) =>
    host.bound_line !== null && !sameKey(host.bound_line, pair?.public_key ?? ' ')
  const guard =
    row && !retry
      ? await resolveGuard(
          scope,
          row.kms_key_id === null ? { type: 'default' } : { type: 'kms', kms_key_id: row.kms_key_id },
          'Name',
        )
      : undefined
  return { pair, kept, guard, hosts: retry ? bound.filter(behind) : bound, bindingNow }
}

/** The pair's next key, ready to be stored; undefined where only hosts that stayed behind are to follow. */
interface NextKey {
  readonly publicLine: string
  readonly fingerprint: string
  readonly algorithm: Algorithm
  readonly custody: NewCustodyRow
}

/**
 * Replaces the key of a pair on every host that it is bound to, or is just being bound to: makes the next one, of the same algorithm and guarded as
 * the present one, and submits a task a host, each of which logs in with the key that its host lets in now. A host whose
 * task fails keeps that key; `Retry` lets those that stayed behind follow, without another new key.
 *
 * Decided as a bind of the pair, with what that needs of every host and what custody needs of KMS.
 */
export const rotateKeypair = writeOperation({
  name: 'keyward:RotateKeypair',
  summary: 'Replace the key of an SSH key pair on every host that it is bound to',
  effect: 'write',
  input: Type.Object(
    {
      Name: KeypairName,
      /** Makes no new key: hosts that an earlier rotation left behind are tried again. */
      Retry: Type.Optional(Type.Boolean()),
      /** Makes the new key also where no host is bound: then it replaces the one in custody, which is gone for good. */
      WithoutHosts: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  output: Type.Object({
    RotationId: Type.String(),
    Name: Type.String(),
    Algorithm: Type.String(),
    /** SHA-256 of the key that the pair has now. */
    Fingerprint: Type.String(),
    Hosts: Type.Integer(),
    /** Hosts that no task could be submitted for; they keep their key. */
    Skipped: Type.Array(
      Type.Object({ HostId: Type.String(), ErrorCode: Type.String(), ErrorMessage: Type.String() }),
    ),
  }),
  resolve: (scope, { Name, Retry }) => resolveRotation(scope, Name, Retry ?? false),
  // The caller wrote the name of the pair alone: no refusal names its KMS key or a host.
  checks: (scope, { Name }, { kept, guard, hosts }): readonly Check[] => [
    keypairCheck(scope, 'bind', Name),
    ...guardChecks(scope, guard && { ...guard, givenId: undefined, called: false }),
    ...keptChecks(scope, kept),
    ...hosts.flatMap((host) => serverChecks(scope, host.server_id, host.power === 'off', '*')),
  ],
  decided: (target) => [...decidedPair(target), ...decidedGuard(target.guard)],
  touches: () => [],
  prepare: async (scope, { Name, Retry, WithoutHosts }, target) => {
    const pair = existing(target, Name)
    if (!target.kept) throw refuse({ code: 'PrivateKeyNotFound', name: Name })
    if (target.hosts.length === 0 && !Retry && !WithoutHosts) {
      throw refuse({ code: 'KeypairNotBound', name: Name })
    }
    const next = Retry ? undefined : await nextKey(scope, pair, target.guard as Guard)
    const rotationId = randomUUID()
    const submissions = target.hosts.map((host) =>
      makeSubmission(
        scope,
        {
          serverId: host.server_id,
          host,
          pair,
          verb: 'REPLACE',
          passwords: 'keep',
          port: undefined,
          offline: host.power === 'off',
          ownLogin: host.power === 'on',
          rotationId,
          behind: target.bindingNow.has(host.id),
        },
        {},
      ),
    )
    return { pair, next, rotationId, submissions }
  },
  work: async (tx, scope, _input, _target, { pair, next, rotationId, submissions }) => {
    const now = scope.clock.now()
    if (next) {
      await insertCustody(tx, next.custody)
      const { publicLine, fingerprint, algorithm } = next
      await changeKeypair(
        tx,
        pair,
        { public_key: publicLine, fingerprint, algorithm, private_key_id: next.custody.id },
        now,
      )
      await dropEarlierKeys(tx, pair.id)
    }
    const answers = []
    for (const submission of submissions) answers.push(await submit(tx, scope, submission))
    const skipped = answers.flatMap((answer) =>
      answer.status === 'FAILED'
        ? [{ HostId: answer.server_id, ErrorCode: answer.error_code, ErrorMessage: answer.error_msg }]
        : [],
    )
    const line = next?.publicLine ?? pair.public_key
    return {
      RotationId: rotationId,
      Name: pair.name,
      Algorithm: next?.algorithm ?? pair.algorithm,
      Fingerprint: sha256Fingerprint(parsePublicLine(line).blob),
      Hosts: submissions.length,
      Skipped: skipped,
    }
  },
  example: { Name: '{kps.managedName}', WithoutHosts: true },
})

async function nextKey(scope: Scope, pair: Keypair, guard: Guard): Promise<NextKey> {
  const algorithm = algorithmNames.find((name) => name === pair.algorithm)
  if (!algorithm) throw new Error('a stored key pair has an unknown algorithm')
  const protection = await makeProtection(scope, guard)
  const generated = await generateKey(algorithm)
  const publicLine = writePublicLine(generated.public, 'Generated-by-Keyward')
  const text = writePrivateKey(generated, customaryFormat(generated))
  const of = { accountUid: pair.account_uid, keypairId: pair.id, publicLine }
  return {
    publicLine,
    fingerprint: md5Fingerprint(generated.public.blob),
    algorithm,
    custody: sealPrivateKey(scope.keyring, of, text, protection, scope.clock.now()),
  }
}
