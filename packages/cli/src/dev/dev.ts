import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { didYouMean } from '@keyward/policy'
import { findOperation } from '../client/operations.ts'
import { callOperation } from '../client/send.ts'
import type { Command } from '../command.ts'
import { exampleFile } from '../example.ts'
import { type ExitCode, failed, misused, Stop } from '../exit.ts'
import type { CommandLine } from '../flags.ts'
import { explained } from '../folder.ts'
import { type Io, paint } from '../io.ts'
import { holdSignals } from '../signals.ts'
import { type Control, openControl } from './control.ts'
import { devVariables, exportLines, plainLines } from './environment.ts'
import { findParent, watchParent } from './parent.ts'
import { type DevService, startDevService } from './service.ts'

/** A service for one test run. */
export const dev: Command = {
  name: 'dev',
  usage: '[FLAGS] [-- COMMAND ...]',
  about:
    'Runs a throw-away service for the tests of a program: in a fresh folder (in memory where the system has such a place), with a world, a clock that tests can move, and a key for every user. It ends with the program that started it, and leaves nothing behind.\nWith COMMAND it runs that with the credentials in its environment, and ends with its exit code. With --env it goes on in the background and prints the credentials as lines for a shell. Without either it stays in the foreground.\nThe variables are those that the SDKs of both clouds read (ALIBABA_CLOUD_ACCESS_KEY_ID, HUAWEICLOUD_SDK_AK, ...), KEYWARD_DEV_URL, KEYWARD_DEV_HOST (host and port), KEYWARD_DEV_CONTROL and, for each user, KEYWARD_DEV_ALICE_ACCESS_KEY_ID and _SECRET. Below the address in KEYWARD_DEV_CONTROL, `POST /reset` brings back the state of the start, `POST /clock?advance=8d` moves the clock and answers when what was due is done, `GET /denials` tells what was denied and why, `POST /stop` stops it.\nWhy a call was denied is also printed to standard error at once. Never give it a key that protects anything.',
  examples: [
    ['keyward dev -- npm test', 'for one command'],
    [
      'keyward dev --world world.yaml --as alice -- pytest',
      'with a world of your own, and the keys of one user',
    ],
    ['eval "$(keyward dev --env)"', 'for the shell that asks, until it ends'],
    ['keyward dev', 'in the foreground, until Ctrl-C'],
  ],
  flags: [
    {
      name: 'world',
      type: 'text',
      value: 'FILE',
      description: 'World file; the example world by default (keyward example).',
    },
    {
      name: 'as',
      type: 'text',
      value: 'NAME',
      description: 'Whose keys the variables of the SDKs hold; root of the account by default.',
    },
    {
      name: 'listen',
      type: 'text',
      value: 'HOST:PORT',
      description:
        'Address to listen on; a free port of 127.0.0.1 by default. Off loopback only with --insecure.',
    },
    {
      name: 'insecure',
      type: 'switch',
      description:
        'Other machines may reach it, over plain HTTP, and move its clock: for a container in a test.',
    },
    {
      name: 'env',
      type: 'switch',
      choices: ['github'],
      description:
        'Go on in the background, and print lines for a shell; `--env=github` prints them as GITHUB_ENV of a GitHub Action takes them.',
    },
    {
      name: 'json',
      type: 'switch',
      description: 'Print address, keys and control address as one line of JSON.',
    },
    { name: 'quiet', type: 'switch', description: 'Print no denials.' },
    {
      name: 'parent',
      type: 'text',
      value: 'PID',
      description: 'Process to end with; by default the one that started this command.',
    },
  ],
  words: [0, 200],
  async run(line, io) {
    if (line.words.length > 0 && (line.has('env') || line.has('json')))
      throw misused('a command gets the variables itself: leave `--env` and `--json` out')
    if (line.has('env')) return await inBackground(line, io)
    const signals = holdSignals()
    let end = (_reason: string) => {}
    const ended = new Promise<string>((resolveEnd) => {
      end = resolveEnd
    })
    signals.stop.then(end)
    const parent = watchParent(parentOf(line), () => end('its parent is gone'))
    const service = await start(line, io)
    const control = await openControl({
      service,
      advance: (duration) => advance(service, duration),
      stop: () => end('it is told to stop'),
    })
    try {
      const variables = devVariables(service, control.url, profileFor(line, service))
      if (line.words.length > 0)
        return await runCommand(line.words, { ...io.environment, ...variables }, ended)
      tell(line, io, service, control, variables)
      await ended
      return 0
    } finally {
      parent.close()
      await control.close()
      await service.close()
      signals.release()
    }
  },
}

async function start(line: CommandLine, io: Io): Promise<DevService> {
  const world = line.text('world')
  const listen = line.text('listen')
  return await explained(() =>
    startDevService({
      world: world === undefined ? exampleFile() : resolve(io.folder, world),
      ...(listen === undefined ? {} : { listen }),
      insecure: line.has('insecure'),
      onDenied: ({ text }) => line.has('quiet') || io.err(paint(io, 'yellow', `keyward: ${text}`)),
    }),
  )
}

function parentOf(line: CommandLine): number {
  const given = line.text('parent')
  if (given === undefined) return findParent()
  const pid = Number(given)
  if (!Number.isInteger(pid) || pid < 1) throw misused(`\`--parent ${given}\` is not the number of a process`)
  return pid
}

function profileFor(line: CommandLine, { profiles }: DevService): string {
  const name = line.text('as') ?? 'root'
  const names = Object.keys(profiles)
  if (names.includes(name)) return name
  throw misused(
    `the world has no user \`${name}\` with a key${didYouMean(name, names)}; it has ${names.join(', ')}`,
  )
}

function tell(
  line: CommandLine,
  io: Io,
  service: DevService,
  control: Control,
  variables: Readonly<Record<string, string>>,
): void {
  if (line.has('json')) {
    const { url, data, profiles } = service
    io.out(JSON.stringify({ url, data, profiles, control: control.url, variables }))
    return
  }
  io.out(service.url)
  io.err(`keyward: a throw-away service with the users ${Object.keys(service.profiles).join(', ')}`)
  io.err(`keyward: for another shell: export KEYWARD_DATA=${service.data}`)
}

/** The command's exit code; when this ends first, so does the command. */
async function runCommand(
  [program = '', ...rest]: readonly string[],
  env: NodeJS.ProcessEnv,
  ended: Promise<string>,
): Promise<ExitCode> {
  const child = spawn(program, rest, { stdio: 'inherit', env })
  ended.then(() => child.kill('SIGTERM'))
  const [code, signal] = await (once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>).catch(
    (error: NodeJS.ErrnoException) => {
      throw failed(`\`${program}\` cannot be run: ${error.code}`)
    },
  )
  // The exit code is the command's own, whatever it means.
  return (signal ? 128 + constants.signals[signal] : code) as ExitCode
}

/** Starts this command again, apart from the shell that waits for its output. */
async function inBackground(line: CommandLine, io: Io): Promise<ExitCode> {
  const flags = [...line.flags].filter(([name]) => !['env', 'parent'].includes(name))
  const given = flags.flatMap(([name, [value = '']]) =>
    value === 'true' ? [`--${name}`] : [`--${name}`, value],
  )
  const main = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url),
  )
  const words = ['dev', ...given, '--json', '--parent', String(parentOf(line))]
  const child = spawn(process.execPath, [...process.execArgv, main, ...words], {
    cwd: io.folder,
    env: io.environment as NodeJS.ProcessEnv,
    detached: true,
    // Denials go where the shell's own messages go.
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const code = await Promise.race([
    once(child, 'exit').then(([exit]) => exit as number),
    (async () => {
      while (!said.includes('\n')) await once(child.stdout, 'data')
      return undefined
    })(),
  ])
  if (code !== undefined) throw new Stop((code || 1) as ExitCode, 'the service did not start')
  const { variables } = JSON.parse(said)
  io.out(line.text('env') === 'github' ? plainLines(variables) : exportLines(variables))
  child.stdout.destroy()
  child.unref()
  return 0
}

async function advance({ url, profiles }: DevService, Duration: string): Promise<string> {
  const session = { endpoint: new URL(url), profile: profiles.root! }
  const operation = findOperation('keyward', 'AdvanceClock')
  const { exitCode, content, sentence } = await callOperation(session, operation, { Duration })
  if (exitCode !== 0) throw new Error(sentence)
  return String(content.Now)
}
