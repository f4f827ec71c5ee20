import { resolve } from 'node:path'
import type { Answered } from './client/answer.ts'
import { findOperation } from './client/operations.ts'
import { openSession, readText, type Session, sessionFlags } from './client/profile.ts'
import { callOperation } from './client/send.ts'
import { watch } from './client/watch.ts'
import type { Command } from './command.ts'
import { failed, misused, Stop } from './exit.ts'
import { asJson, type CommandLine, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

/** Puts a key pair on a host. The password is asked for, so that no shell keeps it. */
export const keypairBind: Command = {
  name: 'keypair bind',
  usage: 'NAME --host ID [--wait]',
  about:
    'Puts the public key of an SSH key pair on a registered host, in the place of the one that is bound there, if any. The service logs in by the password of the host\u2019s user, which is asked for on the terminal and is not shown, or by the private key that lets in now (--login-key). The task is done by the service; --wait watches it to its end.',
  examples: [
    ['keyward keypair bind web --host web-01 --wait', 'asks for the password, and waits'],
    ['keyward keypair bind web --host web-01 --password-file - < password', 'where nobody can be asked'],
    [
      'keyward keypair bind web2 --host web-01 --login-key web.pem',
      'in the place of the pair that is bound now',
    ],
  ],
  flags: [
    { name: 'host', type: 'text', value: 'ID', description: 'The host, as keyward host list shows it.' },
    {
      name: 'wait',
      type: 'switch',
      description: 'Wait until the task is done, and end with 1 when it failed.',
    },
    {
      name: 'password-file',
      type: 'text',
      value: 'FILE',
      description:
        'Read the password from a file, or from standard input (`-`); its last line break is left out.',
    },
    {
      name: 'login-key',
      type: 'text',
      value: 'FILE',
      description: 'Log in by this private key (PEM) instead.',
    },
    {
      name: 'disable-password',
      type: 'switch',
      description: 'End logins by password on the host once the key is proved.',
    },
    asJson,
    ...sessionFlags,
  ],
  words: [1, 1],
  async run(line, io) {
    const [name = ''] = line.words
    const id = line.text('host')
    if (id === undefined) throw misused('`--host ID` is missing; the hosts are listed by: keyward host list')
    const session = openSession(line, io)
    const auth = await authOf(line, io, id)
    const disable = line.has('disable-password') && { disable_password: true }
    const taken = answered(
      await callOperation(session, findOperation('kps', 'AssociateKeypair'), {
        keypair_name: name,
        server: { id, auth, ...disable },
      }),
    )
    const { task_id: task } = taken.content
    if (taken.content.status === 'FAILED' || typeof task !== 'string')
      throw failed(`the task was not taken on: ${taken.content.error_msg} (${taken.content.error_code})`)
    if (!line.has('wait')) {
      if (wantsJson(line, io)) io.out(json(io, taken.content))
      else
        io.out(`taken on as task ${task}; see how it went: keyward call kps ListKeypairTask task_id=${task}`)
      return 0
    }
    const status = await end(session, task, io)
    const well = status.startsWith('SUCCESS')
    if (wantsJson(line, io)) io.out(json(io, { task_id: task, task_status: status }))
    else if (well) io.out(paint(io, 'green', `${name} lets in on ${id}`))
    if (!well)
      io.err(paint(io, 'red', `keyward: ${name} was not put on ${id}: ${await reason(session, task)}`))
    return well ? 0 : 1
  },
}

async function authOf(line: CommandLine, io: Io, id: string) {
  const keyFile = line.text('login-key')
  const file = line.text('password-file')
  if (keyFile !== undefined && file !== undefined)
    throw misused('`--login-key` and `--password-file` are two ways to log in: give one of them')
  if (keyFile !== undefined)
    return { type: 'keypair', key: readText(resolve(io.folder, keyFile), 'private key') }
  const text =
    file === undefined
      ? await asked(io, id)
      : file === '-'
        ? Buffer.from(await io.input()).toString('utf8')
        : readText(resolve(io.folder, file), 'password')
  const password = text.replace(/\r?\n$/, '')
  if (password === '') throw misused('the password is empty')
  return { type: 'password', key: password }
}

async function asked(io: Io, id: string): Promise<string> {
  if (!io.person.answers)
    throw misused('nobody can be asked for the password: give `--password-file FILE`, `-` for standard input')
  return await io.askHidden(`Password of the user on ${id}: `)
}

/** The status of a task once it has ended. */
function end(session: Session, task: string, io: Io): Promise<string> {
  const show = findOperation('kps', 'ListKeypairTask')
  return watch(
    io,
    async () => String(answered(await callOperation(session, show, { task_id: task })).content.task_status),
    (status) => /^(SUCCESS|FAILED)/.test(status),
    (status) => status.toLowerCase().replaceAll('_', ' '),
  )
}

/** Why a task failed, where its caller may see the tasks that failed. */
async function reason(session: Session, task: string): Promise<string> {
  const { exitCode, content } = await callOperation(session, findOperation('kps', 'ListFailedTask'), {})
  const tasks = exitCode === 0 && Array.isArray(content.tasks) ? content.tasks : []
  const found = tasks.find((one: Record<string, unknown>) => one.task_id === task)
  return found ? `${found.task_error_msg} (${found.task_error_code})` : `task ${task} failed`
}

function answered(answer: Answered): Answered {
  if (answer.exitCode === 0) return answer
  throw new Stop(answer.exitCode, answer.sentence ?? 'refused')
}
