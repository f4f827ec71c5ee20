import { didYouMean } from '@keyward/policy'
import type { Command } from './command.ts'
import { type ExitCode, Stop } from './exit.ts'
import { readCommandLine } from './flags.ts'
import { explain, groupOverview, overview } from './help.ts'
import type { Io } from './io.ts'

interface Entry {
  /** Under ten words, for the list of commands. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Every command. Loaded on demand, so that a list of them or a single `call` does not load the service. */
const commands: Readonly<Record<string, Entry>> = {
  serve: { summary: 'Run the service', load: async () => (await import('./serve.ts')).serve },
  dev: {
    summary: 'Run a throw-away service for tests',
    load: async () => (await import('./dev/dev.ts')).dev,
  },
  example: {
    summary: 'Print a world file to begin with',
    load: async () => (await import('./example.ts')).example,
  },
  apply: {
    summary: 'Declare users, access keys and policies from a file',
    load: async () => (await import('./apply.ts')).apply,
  },
  call: {
    summary: 'Sign and send one request, and print the answer',
    load: async () => (await import('./call.ts')).call,
  },
  wrap: {
    summary: 'Wrap key material for import',
    load: async () => (await import('./wrap.ts')).wrap,
  },
  'secret run': {
    summary: 'Run a program with secrets in its environment',
    load: async () => (await import('./secret-run.ts')).secretRun,
  },
  'host add': {
    summary: 'Register a host for SSH key pairs',
    load: async () => (await import('./host.ts')).hostAdd,
  },
  'host list': {
    summary: 'List the registered hosts',
    load: async () => (await import('./host.ts')).hostList,
  },
  'host show': {
    summary: 'Show a host and what is bound to it',
    load: async () => (await import('./host.ts')).hostShow,
  },
  'host check': {
    summary: 'Compare the record of a host with the host',
    load: async () => (await import('./host-check.ts')).hostCheck,
  },
  'host remove': {
    summary: 'Take a host out of the registry',
    load: async () => (await import('./host.ts')).hostRemove,
  },
  'target add': {
    summary: 'Register a database whose passwords secrets rotate',
    load: async () => (await import('./target.ts')).targetAdd,
  },
  'target list': {
    summary: 'List the registered databases',
    load: async () => (await import('./target.ts')).targetList,
  },
  'target show': {
    summary: 'Show a database and the accounts that secrets may manage',
    load: async () => (await import('./target.ts')).targetShow,
  },
  'target remove': {
    summary: 'Take a database out of the registry',
    load: async () => (await import('./target.ts')).targetRemove,
  },
  'keypair rotate': {
    summary: 'Replace the key of a pair on all its hosts',
    load: async () => (await import('./keypair-rotate.ts')).keypairRotate,
  },
  backup: {
    summary: 'Copy the database into one file, also while the service runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    summary: 'Put a backup into an empty data folder',
    load: async () => (await import('./restore.ts')).restore,
  },
  'clock status': {
    summary: 'Show whether the clock is trusted, and what waits for it',
    load: async () => (await import('./clock.ts')).clockStatus,
  },
  'clock trust': {
    summary: 'Say that the clock is right',
    load: async () => (await import('./clock.ts')).clockTrust,
  },
  verify: {
    summary: 'Check a data folder or a backup: database, keyring, audit',
    load: async () => (await import('./verify.ts')).verify,
  },
  'root-key rotate': {
    summary: 'Change the root key of a running service',
    load: async () => (await import('./root-key-rotate.ts')).rootKeyRotate,
  },
  'audit verify': {
    summary: 'Check that no audit entry was changed, removed or cut off',
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  },
  'policy check': {
    summary: 'Judge policy documents before they are attached',
    load: async () => (await import('./policy/check.ts')).policyCheck,
  },
  'policy explain': {
    summary: 'Decide one request and say why',
    load: async () => (await import('./policy/explain.ts')).policyExplain,
  },
  'policy test': {
    summary: 'Run suites of policy tests, with coverage',
    load: async () => (await import('./policy/test.ts')).policyTest,
  },
  'policy decide': {
    summary: 'Decide many cases, one JSON line each',
    load: async () => (await import('./policy/decide.ts')).policyDecide,
  },
  'policy reference': {
    summary: 'Look up actions and condition keys',
    load: async () => (await import('./policy/reference.ts')).policyReference,
  },
}

/** Runs one command line. Never throws: whatever goes wrong is a sentence and an exit code. */
export async function run(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  try {
    return await dispatch(argv, io, version)
  } catch (error) {
    if (error instanceof Stop) {
      for (const line of error.message.split('\n')) io.err(`keyward: ${line}`)
      return error.exitCode
    }
    io.err(`keyward: internal failure: ${error instanceof Error ? error.stack : String(error)}`)
    return 1
  }
}

async function dispatch(argv: readonly string[], io: Io, version: string): Promise<ExitCode> {
  const asked = argv[0] === 'help'
  const line = asked ? argv.slice(1) : argv
  const helps = (word: string) => word === '--help' || word === '-h'
  const rows = Object.entries(commands).map(([name, { summary }]) => ({ name, summary }))
  if (line.length === 0 || (line[0] !== undefined && (helps(line[0]) || (asked && line[0] === 'help')))) {
    io.out(overview(io, rows))
    return 0
  }
  if (line[0] === '--version' || line[0] === '-v' || line[0] === 'version') {
    io.out(`keyward ${version} (Node ${process.versions.node})`)
    return 0
  }
  const name = Object.keys(commands).find((one) => one.split(' ').every((word, i) => line[i] === word))
  if (name === undefined) {
    const group = rows.filter((row) => row.name.startsWith(`${line[0]} `))
    const more = line.slice(1)
    if (group.length === 0 || !(more.length === 0 ? asked : more.every(helps))) return unknown(line, io)
    io.out(groupOverview(io, group))
    return 0
  }

  const command = await commands[name]!.load()
  const rest = line.slice(name.split(' ').length)
  const end = rest.indexOf('--')
  if (asked || rest.slice(0, end === -1 ? undefined : end).some(helps)) {
    io.out(command.topic?.(rest.filter((word) => !helps(word))) ?? explain(io, command))
    return 0
  }
  const parsed = readCommandLine(rest, command.flags)
  const [fewest, most] = command.words
  if (parsed.words.length < fewest || parsed.words.length > most) {
    io.err(`keyward: usage: keyward ${command.name} ${command.usage}`)
    io.err(`keyward: more with: keyward help ${command.name}`)
    return 2
  }
  return await command.run(parsed, io)
}

function unknown([first = '', second]: readonly string[], io: Io): ExitCode {
  const names = Object.keys(commands)
  const following = names.filter((name) => name.startsWith(`${first} `))
  if (following.length > 0) io.err(`keyward: \`${first}\` wants one of: ${following.join(', ')}`)
  else
    io.err(
      `keyward: unknown command \`${first}\`${didYouMean([first, second].join(' '), names) || didYouMean(first, names)}`,
    )
  io.err('keyward: all commands: keyward help')
  return 2
}
