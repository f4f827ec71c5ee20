import type { Command } from './command.ts'
import { exitCodes } from './exit.ts'
import { type Io, paint } from './io.ts'

interface Summed {
  readonly name: string
  readonly summary: string
}

function widthOf(commands: readonly Summed[]): number {
  return Math.max(...commands.map((command) => command.name.length))
}

function rowsOf(commands: readonly Summed[]): string[] {
  return commands.map((command) => `  ${command.name.padEnd(widthOf(commands))}  ${command.summary}`)
}

/** What `keyward help` shows of the commands that share a first word. */
export function groupOverview(io: Io, commands: readonly Summed[]): string {
  return [
    heading(io, 'Commands'),
    ...rowsOf(commands),
    '',
    `Every command explains itself: keyward help ${commands[0]!.name}`,
  ].join('\n')
}

/** What `keyward` and `keyward help` show. */
export function overview(io: Io, commands: readonly Summed[]): string {
  const width = widthOf(commands)
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `  ${code}  ${meaning}`)
  return [
    'keyward: keys, secrets and SSH key pairs behind policies, on the wires that cloud SDKs speak',
    '',
    heading(io, 'Commands'),
    ...rowsOf(commands),
    `  ${'help'.padEnd(width)}  Explain a command, with examples`,
    '',
    heading(io, 'First steps'),
    '  keyward serve                           start a service on 127.0.0.1:7700',
    '  keyward example > world.yaml            a world to begin with',
    '  keyward apply world.yaml                tell the service who may do what',
    '  keyward call kms CreateKey --as alice   and try it',
    '',
    heading(io, 'Exit codes'),
    ...codes,
    '',
    'Every command explains itself: keyward help COMMAND',
  ].join('\n')
}

/** What `keyward help COMMAND` shows. */
export function explain(io: Io, command: Command): string {
  const parts = [`keyward ${command.name} ${command.usage}`.trimEnd(), '', ...fold(command.about, io.columns)]
  if (command.examples.length > 0) {
    parts.push('', heading(io, 'Examples'))
    for (const [line, comment] of command.examples)
      parts.push(`  ${paint(io, 'dim', `# ${comment}`)}`, `  ${line}`)
  }
  const flags = command.flagsHelp?.(io.columns) ?? described(command, io.columns)
  if (flags) parts.push('', heading(io, 'Flags'), flags)
  return parts.join('\n')
}

function described({ flags }: Command, columns: number): string {
  const spelled = flags.map((flag) => [`--${flag.name}`, flag.value].filter(Boolean).join(' '))
  const width = Math.max(0, ...spelled.map((flag) => flag.length))
  return flags
    .map((flag, i) => {
      const [first = '', ...rest] = fold(flag.description, columns - width - 4)
      const indent = ' '.repeat(width + 4)
      return [`  ${spelled[i]!.padEnd(width)}  ${first}`, ...rest.map((line) => indent + line)].join('\n')
    })
    .join('\n')
}

function heading(io: Io, text: string): string {
  return paint(io, 'bold', text)
}

/**
 * Breaks a text at spaces so that no line is wider than asked; empty lines part paragraphs, and a line that starts with
 * two spaces stays as it is.
 */
export function fold(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    if (paragraph.startsWith('  ')) return [paragraph]
    const lines = ['']
    for (const word of paragraph.split(' ')) {
      const line = lines.at(-1)!
      if (line === '') lines[lines.length - 1] = word
      else if (line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`
      else lines.push(word)
    }
    return lines
  })
}
