import { Type } from 'typebox'
import { Refusal } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { leaveDoubt } from '../../keypairs/hosts/doubts.ts'
import type { HostJob, Step } from '../../keypairs/hosts/job.ts'
import type { Host } from '../../keypairs/hosts/registry.ts'
import { bindHost, type TaskParts } from '../../keypairs/tasks/run-task.ts'
import { endTask, findTask, type Task } from '../../keypairs/tasks/tasks.ts'
import type { RunAct } from '../../pipeline/act.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { closed } from './common.ts'
import { decidedHost } from './hosts.ts'

interface Target {
  readonly task: Task | undefined
  readonly host: Host | undefined
}

/**
 * Writes the end of a task down. It is the service's own act and not decided as the user again: whose permission was taken
 * away while the task ran, its end has to be known all the same.
 */
export const endKeypairTask = writeOperation({
  name: 'keyward:EndKeypairTask',
  summary: 'Write down how a task on a host ended, and what is bound there now',
  effect: 'write',
  by: 'service',
  input: Type.Object(
    {
      task_id: Type.String(),
      operate_type: Type.String(),
      server_id: Type.String(),
      keypair_name: Type.String(),
      state: Type.Union([Type.Literal('SUCCESS'), Type.Literal('FAILED')]),
      error_code: Type.String(),
      /** Words of the host can stand in it: the record of the task keeps it, and no log. */
      error_message: Secret(Type.String()),
      /** Steps whose effect may still be on the host. */
      left: Type.Array(Type.String()),
    },
    closed,
  ),
  output: Type.Object({}),
  async resolve(scope, { task_id }): Promise<Target> {
    const { read } = scope.store
    const task = await findTask(read, scope.caller.account.uid, task_id)
    const hosts = read.selectFrom('keypair_hosts').selectAll()
    return { task, host: task && (await hosts.where('id', '=', task.host_id).executeTakeFirst()) }
  },
  checks: (scope, { task_id }, { task }) => {
    const runs = task !== undefined && ['READY', 'RUNNING'].includes(task.state)
    return [
      actCheck(
        scope,
        'keyward:EndKeypairTask',
        `acs:keyward:*:${scope.caller.account.uid}:task/${task_id}`,
        runs,
      ),
    ]
  },
  decided: ({ host }) => decidedHost(host),
  touches: () => [],
  prepare: (_scope, _input, { task }) => task as Task,
  async work(tx, scope, { error_code, error_message, left, state }, _target, task) {
    const now = scope.clock.now()
    const end = { state, code: error_code, message: error_message }
    if (!(await endTask(tx, task.id, end, now))) scope.outcome('AlreadyEnded')
    else if (state === 'SUCCESS') await bindHost(tx, task, now)
    else {
      scope.outcome(error_code)
      if (left.length > 0) await leaveDoubt(tx, task, jobOf(task), left as Step[], now)
    }
    return {}
  },
  example: {
    task_id: '{kps.failedTaskId}',
    operate_type: 'BIND',
    server_id: '{kps.serverId}',
    keypair_name: '',
    state: 'SUCCESS',
    error_code: '',
    error_message: '',
    left: [],
  },
})

const jobOf = (task: Task) => JSON.parse(task.job ?? '{}') as HostJob

/** How the job ends a task. */
export function taskEnder(run: RunAct): TaskParts['end'] {
  return async (task, { code, left = [], message, state }, step) => {
    const answer = await run({
      operation: endKeypairTask,
      account: task.account_uid,
      input: {
        task_id: task.id,
        operate_type: task.verb,
        server_id: task.server_id,
        keypair_name: task.keypair_name,
        state,
        error_code: code,
        error_message: message,
        left,
      },
      step,
    })
    // Refused: it has ended already.
    if (!answer.ok && answer.problem.code !== 'AccessDenied') throw new Refusal(answer.problem)
  }
}
