import { expect, it } from 'vitest'
import { readAnswer } from './answer.ts'
import { withItems } from './items.ts'

const answered = (content: object, status = 200) => {
  const { exitCode, sentence } = withItems(readAnswer({ status, body: JSON.stringify(content) } as never))
  return [exitCode, sentence]
}
const no = {
  server_id: 'web-01',
  status: 'FAILED',
  error_code: 'HostOff',
  error_msg: 'the server is shut off',
}
const yes = { server_id: 'web-02', status: 'SUCCESS', task_id: 't' }
const words = 'not done: web-01: the server is shut off (HostOff)'

it.each([
  ['a submission that was not taken on', no, 1, words],
  ['one that was', yes, 0, undefined],
  ['a batch of which one was not', { tasks: [yes, no] }, 1, words],
  ['a batch that was', { tasks: [yes, yes] }, 0, undefined],
  [
    'a batch of key pairs of which one was not made',
    {
      succeeded_keypairs: [{}],
      failed_keypairs: [{ keypair_name: 'a b', failed_reason: 'name is invalid' }],
    },
    1,
    'not done: a b: name is invalid',
  ],
  ['one that was made', { succeeded_keypairs: [{}], failed_keypairs: [] }, 0, undefined],
  [
    'a rotation that left a host out',
    { RotationId: 'r', Skipped: [{ HostId: 'web-01', ErrorCode: 'HostBusy', ErrorMessage: 'busy' }] },
    1,
    'not done: web-01: busy (HostBusy)',
  ],
  [
    'records of failures',
    { total: 1, tasks: [{ operate_type: 'FAILED_BIND', task_error_code: 'X' }] },
    0,
    undefined,
  ],
  ['how a task stands', { task_id: 't', task_status: 'FAILED_BIND' }, 0, undefined],
])('of %s, the exit code and the words tell', (_what, content, exitCode, sentence) => {
  expect(answered(content)).toEqual([exitCode, sentence])
})
