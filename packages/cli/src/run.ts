import { didYouMean } from '@keyward/policy'
import { commands } from './commands.ts'
import { type ExitCode, Stop } from './exit.ts'
import { readCommandLine } from './flags.ts'
import { explain, groupOverview, overview } from './help.ts'
import type { Io } from './io.ts'
import { readOutput, withOutput } from './output.ts'

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

  const command = withOutput(await commands[name]!.load())
  const rest = line.slice(name.split(' ').length)
  const end = rest.indexOf('--')
  if (asked || rest.slice(0, end === -1 ? undefined : end).some(helps)) {
    io.out(command.topic?.(rest.filter((word) => !helps(word))) ?? explain(io, command))
    return 0
  }
  const parsed = readOutput(readFlags(), command)
  const [fewest, most] = command.words
  if (parsed.words.length < fewest || parsed.words.length > most) {
    io.err(`keyward: usage: keyward ${command.name} ${command.usage}`)
    io.err(`keyward: more with: keyward help ${command.name}`)
    return 2
  }
  return await command.run(parsed, io)

  /** Whoever mistypes a flag is told where the flags are. */
  function readFlags() {
    try {
      return readCommandLine(rest, command.flags)
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      throw new Stop(error.exitCode, `${error.message}\nmore with: keyward help ${command.name}`)
    }
  }
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
