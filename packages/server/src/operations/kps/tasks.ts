import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import {
  deleteFailedTasks,
  findVisibleTask,
  listTasks,
  statusOf,
  type Task,
} from '../../keypairs/tasks/tasks.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import { assertOwnProject, closed, ProjectId, plainCheck } from './common.ts'

const DEFAULT_LIMIT = 1000

const TaskId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const OneTask = Type.Object({ project_id: ProjectId, task_id: TaskId }, closed)
const Page = Type.Object(
  {
    project_id: ProjectId,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
  },
  closed,
)
const listedTask = {
  task_id: Type.String(),
  operate_type: Type.String(),
  /** Milliseconds since the epoch, as text. */
  task_time: Type.String(),
  server_name: Type.String(),
  server_id: Type.String(),
  keypair_name: Type.String(),
}

function listed(task: Task, operateType: string) {
  return {
    task_id: task.id,
    operate_type: operateType,
    task_time: String(task.created_at),
    server_name: task.server_name,
    server_id: task.server_id,
    keypair_name: task.keypair_name,
  }
}

/** Tells how a task stands (reference: huawei-kps.md A.6). */
export const listKeypairTask = readOperation({
  name: 'kps:ListKeypairTask',
  summary: 'Show how a task on a server stands',
  effect: 'read',
  input: OneTask,
  output: Type.Object({ server_id: Type.String(), task_id: Type.String(), task_status: Type.String() }),
  resolve: async (scope, { project_id, task_id }) => {
    assertOwnProject(scope, project_id)
    return { task: await findVisibleTask(scope.store.read, scope.caller, task_id) }
  },
  checks: (scope) => [plainCheck(scope, 'kps::getTask')],
  work: (_scope, _input, { task }) => {
    if (!task) throw refuse({ code: 'TaskNotFound' })
    return { server_id: task.server_id, task_id: task.id, task_status: statusOf(task) }
  },
  example: { project_id: '{projectId}', task_id: '{kps.failedTaskId}' },
})

/** Lists what is waiting or worked on. */
export const listRunningTask = readOperation({
  name: 'kps:ListRunningTask',
  summary: 'List the tasks on servers that are not finished',
  effect: 'read',
  input: Page,
  output: Type.Object({ total: Type.Integer(), tasks: Type.Array(Type.Object(listedTask)) }),
  resolve: (scope, { project_id }) => assertOwnProject(scope, project_id),
  checks: (scope) => [plainCheck(scope, 'kps::getRunningTask')],
  work: async (scope, { limit, offset }) => {
    const page = await listTasks(
      scope.store.read,
      scope.caller,
      ['READY', 'RUNNING'],
      offset ?? 0,
      limit ?? DEFAULT_LIMIT,
    )
    return { total: page.total, tasks: page.tasks.map((task) => listed(task, `RUNNING_${task.verb}`)) }
  },
  example: { project_id: '{projectId}' },
})

/** Lists what failed, and why. */
export const listFailedTask = readOperation({
  name: 'kps:ListFailedTask',
  summary: 'List the tasks on servers that failed, with their reasons',
  effect: 'read',
  input: Page,
  output: Type.Object({
    total: Type.Integer(),
    tasks: Type.Array(
      Type.Object({ ...listedTask, task_error_code: Type.String(), task_error_msg: Type.String() }),
    ),
  }),
  resolve: (scope, { project_id }) => assertOwnProject(scope, project_id),
  checks: (scope) => [plainCheck(scope, 'kps::getFailedTask')],
  work: async (scope, { limit, offset }) => {
    const page = await listTasks(
      scope.store.read,
      scope.caller,
      ['FAILED'],
      offset ?? 0,
      limit ?? DEFAULT_LIMIT,
    )
    return {
      total: page.total,
      tasks: page.tasks.map((task) => ({
        ...listed(task, statusOf(task)),
        task_error_code: task.error_code,
        task_error_msg: task.error_message,
      })),
    }
  },
  example: { project_id: '{projectId}', limit: 10 },
})

/** Deletes the record of a failure: history alone, nothing else changes. */
export const deleteFailedTask = writeOperation({
  name: 'kps:DeleteFailedTask',
  summary: 'Delete the record of a failed task',
  effect: 'write',
  input: OneTask,
  output: Type.Object({}),
  resolve: (scope, { project_id }) => assertOwnProject(scope, project_id),
  checks: (scope) => [plainCheck(scope, 'kps::deleteFailedTask')],
  decided: () => [],
  touches: () => [],
  prepare: () => undefined,
  work: async (tx, scope, { task_id }) => {
    const deleted = await deleteFailedTasks(tx, scope.caller, task_id)
    if (deleted === 0) throw refuse({ code: 'TaskNotFound' })
    return {}
  },
  example: { project_id: '{projectId}', task_id: '{kps.failedTaskId}' },
})

/** Deletes the records of all failures that the caller sees. */
export const deleteAllFailedTask = writeOperation({
  name: 'kps:DeleteAllFailedTask',
  summary: 'Delete the records of all failed tasks',
  effect: 'write',
  input: Type.Object({ project_id: ProjectId }, closed),
  output: Type.Object({}),
  resolve: (scope, { project_id }) => assertOwnProject(scope, project_id),
  checks: (scope) => [plainCheck(scope, 'kps::deleteFailedTask')],
  decided: () => [],
  touches: () => [],
  prepare: () => undefined,
  work: async (tx, scope) => {
    await deleteFailedTasks(tx, scope.caller)
    return {}
  },
  example: { project_id: '{projectId}' },
})
