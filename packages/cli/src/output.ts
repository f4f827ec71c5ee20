import type { Command } from './command.ts'
import { misused } from './exit.ts'
import type { CommandLine, Flag } from './flags.ts'

/** How an answer is printed, the same in every command that has one: JSON for programs, text for people. */
export const outputFlag: Flag = {
  name: 'output',
  type: 'text',
  value: 'json|text',
  choices: ['json', 'text'],
  description: 'JSON or text, whoever reads it. Without it: what the command prints by itself.',
}

/** The command with the flag, where it prints an answer that both can read. */
export function withOutput(command: Command): Command {
  const has = (name: string) => command.flags.some((flag) => flag.name === name)
  const answers = has('json') || has('format') || command.name === 'call'
  return answers && !has('output') ? { ...command, flags: [...command.flags, outputFlag] } : command
}

/** A command line in which `--output` stands as the flags that the command itself knows. */
export function readOutput(line: CommandLine, { name, flags }: Command): CommandLine {
  const output = line.text('output')
  if (output === undefined) return line
  if (output !== 'json' && output !== 'text')
    throw misused(`it is \`--output json\` or \`--output text\`\nmore with: keyward help ${name}`)
  if (line.has('json') && output === 'text')
    throw misused('`--json` and `--output text` say different things')
  if (line.has('format') && line.text('format') !== output)
    throw misused('`--format` and `--output` say different things: give one of them')
  const known = new Set(flags.map((flag) => flag.name))
  const more = new Map(line.flags)
  if (known.has('format')) more.set('format', [output])
  else if (output === 'json' && known.has('json')) more.set('json', ['true'])
  return { ...line, flags: more, has: (one) => more.has(one), text: (one) => more.get(one)?.at(-1) }
}
