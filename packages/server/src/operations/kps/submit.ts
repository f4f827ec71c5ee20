import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import type { Host } from '../../keypairs/hosts/registry.ts'
import type { Keypair } from '../../keypairs/pairs.ts'
import { sealSecrets, type TaskSecrets } from '../../keypairs/tasks/secrets.ts'
import { activeTaskOf, insertTask, type NewTask, type TaskVerb } from '../../keypairs/tasks/tasks.ts'
import type { Scope, StateScope } from '../../pipeline/scope.ts'
import type { WriteHandle } from '../../store/store.ts'

/** What the submission of a task is answered with: `status` says nothing of how the task will end. */
export const Submitted = Type.Object({
  task_id: Type.Optional(Type.String()),
  server_id: Type.String(),
  status: Type.Union([Type.Literal('SUCCESS'), Type.Literal('FAILED')]),
  error_code: Type.Optional(Type.String()),
  error_msg: Type.Optional(Type.String()),
})
export type Submitted =
  | { task_id: string; server_id: string; status: 'SUCCESS' }
  | { server_id: string; status: 'FAILED'; error_code: string; error_msg: string }

/** Why a task is not taken on. */
export interface NotTaken {
  readonly code: 'HostNotFound' | 'HostOff' | 'HostOn' | 'HostBusy' | 'HostBound' | 'HostNotBound'
  readonly message: string
}

/** What a task keeps of its pair. */
export type PairOfTask = Pick<Keypair, 'id' | 'name' | 'visible_to'>

/** Everything of a task that is known when it is submitted. */
export interface TaskRequest {
  readonly serverId: string
  readonly host: Host | undefined
  readonly pair: PairOfTask | undefined
  readonly verb: TaskVerb
  readonly passwords: 'keep' | 'off' | 'on'
  readonly port: number | undefined
  readonly offline: boolean
  /** Logs in with the pair's own earlier key from custody. */
  readonly ownLogin: boolean
  readonly rotationId: string | undefined
  /** Waits for the task that is just putting the pair's earlier key there. */
  readonly behind?: boolean
  /** Takes the key away also where nothing else is known to let in. */
  readonly allowLockout?: boolean
}

/** A request ready to be stored, or why it is not taken on. */
export type Submission =
  | { readonly task: NewTask; readonly request: TaskRequest }
  | { readonly request: TaskRequest; readonly no: NotTaken }

/** What every way of submitting refuses, in the words of the answer. */
export function refusalOf({ host, serverId, offline, pair }: TaskRequest): NotTaken | undefined {
  if (!host) return { code: 'HostNotFound', message: `the server \`${serverId}\` is not registered` }
  if (offline && host.power === 'on') {
    return { code: 'HostOn', message: 'the server is running: give `auth`, or shut it off' }
  }
  if (!offline && host.power === 'off') return { code: 'HostOff', message: 'the server is shut off' }
  if (!pair) return { code: 'HostNotBound', message: 'no key pair that you see is bound to the server' }
  return undefined
}

/** Seals what the task needs to log in. */
export function makeSubmission(
  scope: Scope,
  request: TaskRequest,
  secrets: TaskSecrets,
  no?: NotTaken,
): Submission {
  const { host, pair } = request
  const reason = no ?? refusalOf(request)
  if (reason || !host || !pair) return { request, no: reason as NotTaken }
  const { account, accessKeyId, session } = scope.caller
  const kept = session ? { ...secrets, securityToken: session.token } : secrets
  const id = randomUUID()
  const { sourceAddress, tlsVersion, userAgent, referer } = scope.connection
  return {
    request,
    task: {
      id,
      account_uid: account.uid,
      project_id: account.projectId,
      host_id: host.id,
      server_id: host.server_id,
      server_name: host.name,
      keypair_id: pair.id,
      keypair_name: pair.name,
      visible_to: pair.visible_to,
      verb: request.verb,
      passwords: request.passwords,
      port: request.port ?? null,
      offline: request.offline ? 1 : 0,
      own_login: request.ownLogin ? 1 : 0,
      rotation_id: request.rotationId ?? null,
      allow_lockout: request.allowLockout ? 1 : 0,
      sealed_secrets: sealSecrets(scope.keyring, { id, account_uid: account.uid }, kept),
      access_key_id: accessKeyId,
      connection: JSON.stringify({ sourceAddress, tlsVersion, userAgent, referer }),
    },
  }
}

/** Stores a task, unless its host has one already. */
export async function submit(tx: WriteHandle, scope: StateScope, submission: Submission): Promise<Submitted> {
  const { serverId } = submission.request
  if ('no' in submission) return notTaken(serverId, submission.no)
  const { task, request } = submission
  const active = await activeTaskOf(tx, task.host_id)
  if (active && !(request.behind && active.state === 'RUNNING')) {
    return notTaken(serverId, { code: 'HostBusy', message: 'a task of the server is not finished' })
  }
  await insertTask(tx, task, scope.clock.now())
  return { task_id: task.id, server_id: serverId, status: 'SUCCESS' }
}

function notTaken(serverId: string, { code, message }: NotTaken): Submitted {
  return { server_id: serverId, status: 'FAILED', error_code: code, error_msg: message }
}
