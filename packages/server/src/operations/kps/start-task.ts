import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { findCustody, listCustody } from '../../keypairs/custody.ts'
import { sameKey } from '../../keypairs/hosts/authorized-keys.ts'
import { findDoubt, type HostDoubt } from '../../keypairs/hosts/doubts.ts'
import type { HostJob } from '../../keypairs/hosts/job.ts'
import type { Host } from '../../keypairs/hosts/registry.ts'
import { findKeypair, type Keypair, touchKeypair } from '../../keypairs/pairs.ts'
import { openSecrets, sealSecrets } from '../../keypairs/tasks/secrets.ts'
import { beginTask, findTask, type Task } from '../../keypairs/tasks/tasks.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { assertOwnProject, closed, decidedPair, keypairCheck, ProjectId, plainCheck } from './common.ts'
import { type Kept, keptChecks, openKept, resolveKept } from './custody.ts'
import { decidedHost, serverChecks } from './hosts.ts'

// Two records that no wire serves: what the service itself does with a task, in the name of the one who submitted it. They
// take the same way as every call, so that a task that starts is decided and audited like one.

const TaskId = Type.String({ maxLength: 64 })
interface Begin {
  /** What an earlier task left unknown of the host. */
  readonly doubt: HostDoubt | undefined
  readonly task: Task | undefined
  readonly pair: Keypair | undefined
  readonly host: Host | undefined
  /** The key to log in with, for a task that logs in with the pair's own. */
  readonly own: Kept | undefined
  /** The private half of the pair's present key, in custody. */
  readonly present: Kept | undefined
}

async function resolveBegin(scope: ResolveScope, projectId: string, taskId: string): Promise<Begin> {
  assertOwnProject(scope, projectId)
  const { read } = scope.store
  const task = await findTask(read, scope.caller.account.uid, taskId)
  const pair = task && (await findKeypair(read, task.keypair_id))
  const host =
    task &&
    (await read.selectFrom('keypair_hosts').selectAll().where('id', '=', task.host_id).executeTakeFirst())
  const line = host?.bound_line
  const mine =
    pair && typeof line === 'string'
      ? (await listCustody(read, pair.id)).find((row) => sameKey(row.public_key, line))
      : undefined
  return {
    task,
    pair,
    host,
    doubt: host && (await findDoubt(read, host.id)),
    own: task?.own_login === 1 ? await resolveKept(scope, mine) : undefined,
    present: await resolveKept(scope, pair && (await findCustody(read, pair))),
  }
}

/**
 * Decides a task again with what its submission was decided on, and takes it from READY to RUNNING. Raises
 * `KeypairNotFound`, `HostNotFound`, `TaskNotFound` for what is gone meanwhile.
 */
export const startTask = writeOperation({
  name: 'keyward:StartKeypairTask',
  summary: 'Decide a task again and start it',
  effect: 'write',
  input: Type.Object(
    { project_id: ProjectId, task_id: TaskId, new_key: Type.Optional(Secret(Type.String())) },
    closed,
  ),
  output: Type.Object({ started: Type.Boolean() }),
  resolve: (scope, { project_id, task_id }) => resolveBegin(scope, project_id, task_id),
  checks: (scope, _input, { task, host, own }) => {
    // A record that is gone is nobody's: the caller must at least be one who may look at tasks.
    if (!task) return [plainCheck(scope, 'kps::getTask')]
    const action = task.verb === 'UNBIND' ? 'unbind' : 'bind'
    return [
      keypairCheck(scope, action, task.keypair_name),
      ...serverChecks(scope, host?.server_id ?? task.server_id, task.offline === 1),
      ...(task.own_login === 1 ? keptChecks(scope, own) : []),
    ]
  },
  // The pair as well: its key must not be another one once the task has it.
  decided: (target) => [...decidedHost(target.host), ...decidedPair(target)],
  touches: () => [],
  prepare: (scope, { new_key }, { task, pair, host, doubt, own, present }) => {
    if (!task) throw refuse({ code: 'TaskNotFound' })
    if (!host) throw refuse({ code: 'HostNotFound', id: task.server_id })
    const job = jobOf(task, pair, host, doubt)
    const { securityToken: _, ...given } = openSecrets(scope.keyring, task)
    const login = own ? { loginKey: openKept(scope, own) } : given
    if (task.own_login === 1 && !own) throw refuse({ code: 'PrivateKeyNotFound', name: task.keypair_name })
    // Without a KMS key in between nothing more needs to be asked.
    const newKey = new_key ?? (present && !present.source ? openKept(scope, present) : undefined)
    const secrets = { ...login, ...(newKey !== undefined && job.add !== undefined ? { newKey } : {}) }
    return { job, sealed: sealSecrets(scope.keyring, task, secrets) }
  },
  work: async (tx, scope, { task_id }, { pair }, { job, sealed }) => {
    if (pair && job.add !== undefined) await touchKeypair(tx, pair.id)
    return { started: await beginTask(tx, task_id, job, sealed, scope.clock.now()) }
  },
  example: {},
})

/** What is to be done on the host, by what is bound there now. */
function jobOf(task: Task, pair: Keypair | undefined, host: Host, doubt: HostDoubt | undefined): HostJob {
  const id = task.id.replaceAll('-', '').slice(0, 16)
  const passwords = task.passwords as HostJob['passwords']
  const remove = {
    ...(host.bound_line === null ? {} : { remove: host.bound_line }),
    ...(doubt ? { doubt: { removeMayLack: doubt.mayLack, also: doubt.lines.map(({ line }) => line) } } : {}),
  }
  if (task.verb === 'UNBIND') {
    if (host.keypair_id !== task.keypair_id) {
      throw refuse({ code: 'KeypairNotFound', name: task.keypair_name })
    }
    return { id, passwords, ...remove, ...(task.allow_lockout === 1 ? { allowLockout: true } : {}) }
  }
  // A rotation renews what is there; where the bind that it waited for failed, there is nothing.
  const unbound = task.rotation_id !== null && host.keypair_id !== task.keypair_id
  if (!pair || unbound) throw refuse({ code: 'KeypairNotFound', name: task.keypair_name })
  return { id, passwords, add: pair.public_key, ...remove }
}

/**
 * Opens the private half of the key that a task is about to add, where a KMS key guards it: who may do that has the new
 * key proved by a login, everyone else by the server's word alone.
 */
export const openTaskKey = readOperation({
  name: 'keyward:OpenTaskKey',
  summary: 'Open the private key that a task proves by a login',
  effect: 'read',
  input: Type.Object({ project_id: ProjectId, task_id: TaskId }, closed),
  output: Type.Object({ private_key: Secret(Type.String()) }),
  resolve: (scope, { project_id, task_id }) => resolveBegin(scope, project_id, task_id),
  checks: (scope, _input, { present, task }) => [
    keypairCheck(scope, 'bind', task?.keypair_name ?? '*'),
    ...keptChecks(scope, present),
  ],
  work: (scope, _input, { present, task }) => {
    if (!present) throw refuse({ code: 'PrivateKeyNotFound', name: task?.keypair_name ?? '' })
    return { private_key: openKept(scope, present) }
  },
  example: {},
})
