import { Type } from 'typebox'
import { tasksOfRotation } from '../../keypairs/tasks/tasks.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { closed, plainCheck } from './common.ts'

/** Tells how far a rotation has come. Records of tasks that went well stay for thirty days, others until deleted. */
export const getRotation = readOperation({
  name: 'keyward:GetRotation',
  summary: 'Show how far the rotation of an SSH key pair has come, host by host',
  effect: 'read',
  input: Type.Object({ RotationId: Type.String({ pattern: '^[0-9a-f-]{36}$' }) }, closed),
  output: Type.Object({
    RotationId: Type.String(),
    Total: Type.Integer(),
    Succeeded: Type.Integer(),
    Failed: Type.Integer(),
    Tasks: Type.Array(
      Type.Object({
        TaskId: Type.String(),
        HostId: Type.String(),
        HostName: Type.String(),
        State: Type.String(),
        ErrorCode: Type.String(),
        ErrorMessage: Type.String(),
      }),
    ),
  }),
  resolve: () => undefined,
  checks: (scope) => [plainCheck(scope, 'kps::getTask')],
  work: async (scope, { RotationId }) => {
    const tasks = await tasksOfRotation(scope.store.read, scope.caller, RotationId)
    const count = (state: string) => tasks.filter((task) => task.state === state).length
    return {
      RotationId,
      Total: tasks.length,
      Succeeded: count('SUCCESS'),
      Failed: count('FAILED'),
      Tasks: tasks.map((task) => ({
        TaskId: task.id,
        HostId: task.server_id,
        HostName: task.server_name,
        State: task.state,
        ErrorCode: task.error_code,
        ErrorMessage: task.error_message,
      })),
    }
  },
  example: { RotationId: '00000000-0000-4000-8000-000000000000' },
})
