import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Problem } from '../../base/problem.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { type FindAccessKey, identify } from '../../identity/identify.ts'
import type { Caller } from '../../identity/principal.ts'
import { findCustody } from '../../keypairs/custody.ts'
import { findKeypair } from '../../keypairs/pairs.ts'
import type { Started, TaskJobParts } from '../../keypairs/tasks/job.ts'
import type { TaskEnd } from '../../keypairs/tasks/run-task.ts'
import { openSecrets } from '../../keypairs/tasks/secrets.ts'
import type { Task } from '../../keypairs/tasks/tasks.ts'
import { withStep } from '../../pipeline/act.ts'
import type { Answer, Pipeline } from '../../pipeline/answer.ts'
import type { Connection } from '../../pipeline/connection.ts'
import type { Operation } from '../../pipeline/operation.ts'
import type { Store } from '../../store/store.ts'
import { openTaskKey, startTask } from './start-task.ts'

export interface TaskStarterParts {
  readonly store: Store
  readonly clock: Clock
  readonly keyring: Keyring
  readonly pipeline: Pipeline
  readonly findAccessKey: FindAccessKey
}

/**
 * Starts tasks in the name of those who submitted them: as the same access key, from the same address, with the policies
 * of now. A key that is gone or inactive starts nothing.
 */
export function taskStarter(parts: TaskStarterParts): TaskJobParts['start'] {
  const { store, clock, pipeline } = parts
  return async (task, step) => {
    const caller = await callerOf(parts, task)
    if (!caller) {
      return failed('AccessDenied', 'the access key that asked for the task is gone, expired or inactive')
    }
    const connection = connectionOf(task, clock)
    const input = { project_id: task.project_id, task_id: task.id }
    const call = (operation: Operation, more: object = {}): Promise<Answer> =>
      withStep(step, (fenced) =>
        pipeline({ operation, caller, connection, input: { ...input, ...more }, step: fenced }),
      )

    const opened = (await isGuarded(store, task)) ? await call(openTaskKey) : undefined
    const newKey = opened?.ok ? { new_key: opened.output.private_key } : {}
    const answer = await call(startTask, newKey)
    if (answer.ok) return answer.output.started === true ? 'started' : 'later'
    return endOf(answer.problem)
  }
}

async function callerOf(
  { findAccessKey, keyring }: TaskStarterParts,
  task: Task,
): Promise<Caller | undefined> {
  const { securityToken } = openSecrets(keyring, task)
  const { credential, refused } = await identify(findAccessKey, {
    accessKeyId: task.access_key_id,
    securityToken,
  })
  return refused === undefined ? credential.caller : undefined
}

function connectionOf(task: Task, clock: Clock): Connection {
  const then = JSON.parse(task.connection) as Pick<
    Connection,
    'sourceAddress' | 'tlsVersion' | 'userAgent' | 'referer'
  >
  return {
    requestId: randomUUID().replaceAll('-', ''),
    sourceAddress: then.sourceAddress,
    tlsVersion: then.tlsVersion,
    userAgent: then.userAgent,
    referer: then.referer,
    receivedAt: clock.now(),
  }
}

/** Whether the task adds a key whose private half a KMS key guards. */
async function isGuarded(store: Store, task: Task): Promise<boolean> {
  if (task.verb === 'UNBIND' || task.offline === 1) return false
  const pair = await findKeypair(store.read, task.keypair_id)
  const row = pair && (await findCustody(store.read, pair))
  return row?.encryption === 'kms'
}

const failed = (code: string, message: string): TaskEnd => ({ state: 'FAILED', code, message })

/** What a refused start comes to: an end with a sentence, or another try where the service itself is in the way. */
function endOf(problem: Problem): Started {
  switch (problem.code) {
    case 'Overloaded':
    case 'Unavailable':
    case 'Internal':
      return 'later'
    case 'AccessDenied':
      return failed(
        'AccessDenied',
        `who asked for the task may not do so any more: \`${problem.denial.action}\` was refused`,
      )
    case 'KeypairNotFound':
      return failed('KeypairNotFound', `the key pair \`${problem.name}\` is gone, or not bound there`)
    case 'HostNotFound':
      return failed('HostNotFound', 'the server was taken out of the registry')
    case 'PrivateKeyNotFound':
      return failed(
        'PrivateKeyNotFound',
        'the private key that the server lets in is not in custody: bind with `auth`',
      )
    case 'KeyStateRejects':
      return failed('KeyStateRejects', `the kms key of the private key is in state ${problem.state}`)
    default:
      return failed(problem.code, 'the task cannot be started any more')
  }
}
