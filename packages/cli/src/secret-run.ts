import { spawn } from 'node:child_process'
import { findOperation } from './client/operations.ts'
import { openSession, type Session, sessionFlags } from './client/profile.ts'
import { callOperation } from './client/send.ts'
import type { Command } from './command.ts'
import { type ExitCode, failed, misused, Stop } from './exit.ts'

/** Runs a program with values of secrets in its environment, and nowhere else. */
export const secretRun: Command = {
  name: 'secret run',
  usage: '--env NAME=SECRET[:MEMBER] ... -- COMMAND [ARGUMENT ...]',
  about:
    "Reads secrets and runs a program with their values in its environment: no value is written to a file, an argument or a log. SECRET is a name, or the ARN of another account's secret; MEMBER is one member of a value that is a JSON object. When a secret cannot be read, the program is not started. The exit code is the program's.",
  examples: [
    [
      'keyward secret run --env DB_PASSWORD=shop/db:password --as alice -- psql',
      'one member of a JSON value',
    ],
    ['keyward secret run --env TOKEN=ci/token --env KEY=ci/key -- make deploy', 'whole values, two of them'],
  ],
  flags: [
    {
      name: 'env',
      type: 'list',
      value: 'NAME=SECRET[:MEMBER]',
      description: 'A variable and the secret that it is to hold. May be given again.',
    },
    ...sessionFlags,
  ],
  words: [1, 10_000],
  async run(line, io) {
    const wanted = (line.flags.get('env') ?? []).map(readVariable)
    if (wanted.length === 0) throw misused('`--env` says which secrets to read: --env NAME=SECRET')
    const session = openSession(line, io)
    const values = new Map<string, string>()
    for (const name of new Set(wanted.map(({ secret }) => secret))) {
      values.set(name, await readSecret(session, name))
    }
    const environment = { ...io.environment }
    for (const one of wanted) environment[one.variable] = valueFor(one, values.get(one.secret)!)
    const [program = '', ...rest] = line.words
    return runProgram(program, rest, environment, io.folder)
  },
}

/** What `--env` says. */
interface Variable {
  readonly variable: string
  readonly secret: string
  readonly member: string | undefined
}

/** The name of a secret has no colon; its ARN has five. */
const FORM = /^([A-Za-z_][A-Za-z0-9_]*)=((?:acs:kms:[^:]*:[0-9]+:)?[^:]+)(?::(.+))?$/s

export function readVariable(text: string): Variable {
  const [, variable, secret, member] = FORM.exec(text) ?? []
  if (variable === undefined || secret === undefined) {
    throw misused(`\`--env ${text}\` has another form: --env NAME=SECRET or --env NAME=SECRET:MEMBER`)
  }
  return { variable, secret, member }
}

async function readSecret(session: Session, SecretName: string): Promise<string> {
  const answer = await callOperation(session, findOperation('kms', 'GetSecretValue'), { SecretName })
  if (answer.exitCode === 0) return String(answer.content.SecretData)
  throw new Stop(answer.exitCode, `\`${SecretName}\`: ${answer.sentence ?? 'refused'}`)
}

/** INVARIANT: no sentence says anything of a value. */
function valueFor({ member, secret, variable }: Variable, data: string): string {
  const value = member === undefined ? data : memberOf(data, member)
  if (value === undefined)
    throw failed(`the value of \`${secret}\` is no JSON object with a text \`${member}\``)
  if (value.includes('\0'))
    throw failed(`\`${variable}\` cannot hold the value of \`${secret}\`: it has a zero byte`)
  return value
}

function memberOf(data: string, member: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(data)
    if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, member)) return undefined
    const value = (parsed as Record<string, unknown>)[member]
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined
  } catch {
    return undefined
  }
}

/** Signals that a terminal or a supervisor sends to this process and that are meant for the program. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

function runProgram(
  program: string,
  rest: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { env, cwd, stdio: 'inherit' })
    const passOn = (signal: NodeJS.Signals) => void child.kill(signal)
    for (const signal of PASSED_ON) process.on(signal, passOn)
    const settle = () => {
      for (const signal of PASSED_ON) process.off(signal, passOn)
    }
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      settle()
      reject(failed(`\`${program}\` cannot be run: ${code}`))
    })
    child.once('exit', (code, signal) => {
      settle()
      // As a shell says it: the program was ended by a signal.
      resolve((code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)) as ExitCode)
    })
  })
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGTERM: 15,
}
