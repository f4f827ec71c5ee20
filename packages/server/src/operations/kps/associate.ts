import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { findHost, type Host } from '../../keypairs/hosts/registry.ts'
import { findKeypair, findVisible, type Keypair, sees } from '../../keypairs/pairs.ts'
import type { TaskVerb } from '../../keypairs/tasks/tasks.ts'
import { type Check, writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope } from '../../pipeline/scope.ts'
import { BATCH } from './batch-import.ts'
import {
  assertOwnProject,
  closed,
  decidedPair,
  existing,
  KeypairName,
  keypairCheck,
  ProjectId,
} from './common.ts'
import { type Auth, authOf, decidedHost, Server, secretsOf, serverChecks } from './hosts.ts'
import {
  makeSubmission,
  type NotTaken,
  type PairOfTask,
  type Submission,
  Submitted,
  submit,
} from './submit.ts'

const Bind = Type.Object({ keypair_name: KeypairName, server: Server }, closed)
type Bind = Static<typeof Bind>

interface Target {
  readonly pair: Keypair | undefined
  readonly host: Host | undefined
  readonly auth: Auth | undefined
  /** Through the offline hook: nobody can log in. */
  readonly offline: boolean
}

async function resolveBind(
  scope: ResolveScope,
  { keypair_name, server }: Bind,
  field: string,
): Promise<Target> {
  const auth = authOf(server, field)
  const pair = await findVisible(scope.store.read, scope.caller, keypair_name)
  const host = await findHost(scope.store.read, scope.caller.account.uid, server.id)
  return { pair, host, auth, offline: auth === undefined }
}

function bindChecks(
  scope: CheckScope,
  { keypair_name, server }: Bind,
  { offline }: Target,
): readonly Check[] {
  return [keypairCheck(scope, 'bind', keypair_name), ...serverChecks(scope, server.id, offline)]
}

/** What a bind is called: by a password, by the present key, or at a server that is shut off (huawei-kps.md A.6). */
function verbOf(auth: Auth | undefined): TaskVerb {
  if (!auth) return 'RESET'
  return auth.type === 'password' ? 'BIND' : 'REPLACE'
}

async function prepareBind(
  scope: Scope,
  { keypair_name, server }: Bind,
  target: Target,
  field: string,
  refused?: (target: Target) => NotTaken | undefined,
): Promise<Submission> {
  const pair = existing(target, keypair_name)
  const secrets = await secretsOf(target.auth, field)
  const request = {
    serverId: server.id,
    host: target.host,
    pair,
    verb: verbOf(target.auth),
    passwords: server.disable_password ? 'off' : 'keep',
    port: server.port,
    offline: target.offline,
    ownLogin: false,
    rotationId: undefined,
  } as const
  return makeSubmission(scope, request, secrets, refused?.(target))
}

/** Puts a key pair on a server: binds, resets or replaces. Answers when the task is taken on, not when it is done. */
export const associateKeypair = writeOperation({
  name: 'kps:AssociateKeypair',
  summary: 'Bind an SSH key pair to a server, or replace or reset the one there',
  effect: 'write',
  input: Type.Object({ project_id: ProjectId, ...Bind.properties }, closed),
  output: Submitted,
  resolve: (scope, { project_id, ...bind }) => {
    assertOwnProject(scope, project_id)
    return resolveBind(scope, bind, 'server')
  },
  checks: bindChecks,
  decided: (target) => [...decidedPair(target), ...decidedHost(target.host)],
  touches: () => [],
  prepare: (scope, input, target) => prepareBind(scope, input, target, 'server'),
  work: (tx, scope, _input, _target, submission) => submit(tx, scope, submission),
  example: {
    project_id: '{projectId}',
    keypair_name: '{keypairName}',
    server: { id: '{kps.serverId}', auth: { type: 'password', key: 'a-password' } },
  },
})

/** Ten servers at most, one key pair, all running and not yet bound (reference: huawei-kps.md A.5). */
export const batchAssociateKeypair = writeOperation({
  name: 'kps:BatchAssociateKeypair',
  summary: 'Bind an SSH key pair to up to ten servers',
  effect: 'write',
  input: Type.Object(
    { project_id: ProjectId, batch_keypairs: Type.Array(Bind, { minItems: 1, maxItems: BATCH }) },
    closed,
  ),
  output: Type.Object({ tasks: Type.Array(Submitted) }),
  resolve: (scope, { project_id, batch_keypairs }) => {
    assertOwnProject(scope, project_id)
    if (new Set(batch_keypairs.map((one) => one.keypair_name)).size > 1) {
      throw refuse({
        code: 'InvalidParameter',
        name: 'batch_keypairs',
        detail: 'all servers of a batch take the same key pair',
      })
    }
    return Promise.all(batch_keypairs.map((one, i) => resolveBind(scope, one, `batch_keypairs.${i}.server`)))
  },
  checks: (scope, { batch_keypairs }, targets) =>
    batch_keypairs.flatMap((one, i) => bindChecks(scope, one, targets[i] as Target)),
  decided: (targets) => targets.flatMap((target) => [...decidedPair(target), ...decidedHost(target.host)]),
  touches: () => [],
  prepare: (scope, { batch_keypairs }, targets) =>
    Promise.all(
      batch_keypairs.map((one, i) =>
        prepareBind(scope, one, targets[i] as Target, `batch_keypairs.${i}.server`, notInBatch),
      ),
    ),
  work: async (tx, scope, _input, _targets, submissions) => {
    const tasks: Submitted[] = []
    for (const submission of submissions) tasks.push(await submit(tx, scope, submission))
    return { tasks }
  },
  example: {
    project_id: '{projectId}',
    batch_keypairs: [
      {
        keypair_name: '{keypairName}',
        server: { id: '{kps.serverId}', auth: { type: 'password', key: 'a-password' } },
      },
    ],
  },
})

function notInBatch({ host, auth }: Target): NotTaken | undefined {
  if (!host) return undefined
  if (host.power === 'off' || !auth) {
    return { code: 'HostOff', message: 'a batch takes running servers, each with its `auth`' }
  }
  if (host.keypair_id !== null) {
    return { code: 'HostBound', message: 'a batch takes servers that no key pair is bound to' }
  }
  return undefined
}

/** What is bound to a host, unless it is another's private pair: to everyone else that is not there. */
async function boundTo(scope: ResolveScope, host: Host | undefined): Promise<Bound | undefined> {
  if (!host || host.keypair_id === null || host.keypair_name === null) return undefined
  const pair = await findKeypair(scope.store.read, host.keypair_id)
  if (pair && !sees(scope.caller, pair)) return undefined
  return { id: host.keypair_id, name: host.keypair_name, visible_to: pair?.visible_to ?? '*', pair }
}

interface Bound extends PairOfTask {
  /** Undefined: it was deleted by an earlier version, which did so while it was bound. */
  readonly pair: Keypair | undefined
}

/** Takes the key pair off a server, and lets passwords in again. The pair is the one that is bound there. */
export const disassociateKeypair = writeOperation({
  name: 'kps:DisassociateKeypair',
  summary: 'Unbind the SSH key pair of a server',
  effect: 'write',
  input: Type.Object(
    {
      project_id: ProjectId,
      server: Server,
      /** Of our own: takes the key away also where nothing else is known to let the login user in. */
      allow_lockout: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  output: Submitted,
  resolve: async (scope, { project_id, server }) => {
    assertOwnProject(scope, project_id)
    const auth = authOf(server, 'server')
    const host = await findHost(scope.store.read, scope.caller.account.uid, server.id)
    return { host, bound: await boundTo(scope, host), auth, offline: auth === undefined }
  },
  // What is bound to nothing has no name of its own: it is decided as every pair. So is what the caller is told of, who
  // wrote no name.
  checks: (scope, { server }, { bound, offline }) => {
    const unbind = keypairCheck(scope, 'unbind', bound?.name ?? '*')
    const { facts, owner, resource } = keypairCheck(scope, 'unbind', '*')
    return [{ ...unbind, asMissing: { facts, owner, resource } }, ...serverChecks(scope, server.id, offline)]
  },
  decided: ({ host, bound }) => [...decidedHost(host), ...decidedPair({ pair: bound?.pair })],
  touches: () => [],
  prepare: async (scope, { server, allow_lockout }, { host, bound, auth, offline }) => {
    const secrets = await secretsOf(auth, 'server')
    const request = {
      serverId: server.id,
      host,
      pair: bound,
      verb: 'UNBIND',
      passwords: 'on',
      port: server.port,
      offline,
      ownLogin: false,
      rotationId: undefined,
      allowLockout: allow_lockout === true,
    } as const
    return makeSubmission(scope, request, secrets)
  },
  work: (tx, scope, _input, _target, submission) => submit(tx, scope, submission),
  example: {
    project_id: '{projectId}',
    server: { id: '{kps.boundServerId}', auth: { type: 'password', key: 'a-password' } },
  },
})
