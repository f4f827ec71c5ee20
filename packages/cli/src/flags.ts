import { parseArgs } from 'node:util'
import { didYouMean } from '@keyward/policy'
import { misused } from './exit.ts'
import type { Io } from './io.ts'

/** A flag of a command. */
export interface Flag {
  readonly name: string
  /** `list` may be given again; `files` as well, and takes the words that follow it, as a shell's `*.json` writes them. */
  readonly type: 'text' | 'switch' | 'list' | 'files'
  /** Values that a switch takes after `=`, if it is given with one. */
  readonly choices?: readonly string[]
  /** What stands for the value in the help. */
  readonly value?: string
  readonly description: string
}

export interface CommandLine {
  /** By name without dashes, in the order given; a switch that is given has the one value `true`. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly words: readonly string[]
  has(name: string): boolean
  text(name: string): string | undefined
}

/** The flag of commands whose answer is for a person, or for a program. */
export const asJson: Flag = { name: 'json', type: 'switch', description: 'Print JSON, also on a terminal.' }

/** Whether an answer is to be JSON: it is asked for, or nobody reads it and nobody asked for text. */
export function wantsJson(line: CommandLine, io: Io): boolean {
  if (line.text('output') === 'text') return false
  return line.has('json') || !io.person.reads
}

/** Reads a command's flags and words. Refuses what it does not know with a sentence. */
export function readCommandLine(argv: readonly string[], known: readonly Flag[]): CommandLine {
  const options = Object.fromEntries(
    known.map((flag) => [flag.name, { type: flag.type === 'switch' ? 'boolean' : 'string' } as const]),
  )
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const flags = new Map<string, string[]>()
  const words: string[] = []
  let open: string[] | undefined
  for (const token of tokens) {
    if (token.kind === 'positional') (open ?? words).push(token.value)
    else open = undefined
    if (token.kind !== 'option') continue
    const flag = known.find((one) => one.name === token.name && token.rawName === `--${one.name}`)
    if (!flag) {
      const names = known.map((one) => `--${one.name}`)
      throw misused(`unknown flag \`${token.rawName}\`${didYouMean(token.rawName, names)}`)
    }
    if (flag.type === 'switch' && token.value !== undefined && !flag.choices?.includes(token.value))
      throw misused(noSuchChoice(flag))
    if (flag.type !== 'switch' && (token.value === undefined || swallowed(token))) {
      throw misused(`\`--${flag.name}\` wants a value: --${flag.name} ${flag.value ?? 'VALUE'}`)
    }
    const values = flags.get(flag.name) ?? []
    if (values.length > 0 && flag.type !== 'list' && flag.type !== 'files')
      throw misused(`\`--${flag.name}\` is given more than once`)
    const now = [...values, token.value ?? 'true']
    flags.set(flag.name, now)
    if (flag.type === 'files') open = now
  }
  return { flags, words, has: (name) => flags.has(name), text: (name) => flags.get(name)?.at(-1) }
}

function noSuchChoice({ name, choices = [] }: Flag): string {
  const forms = choices.map((choice) => `\`--${name}=${choice}\``).join(', ')
  return choices.length === 0 ? `\`--${name}\` takes no value` : `it is \`--${name}\` or ${forms}`
}

/** Whether the value is really the next flag. A value that starts with dashes is given as `--name=--value`. */
function swallowed(token: { value: string | undefined; inlineValue: boolean | undefined }): boolean {
  return !token.inlineValue && token.value !== undefined && /^--?[a-z]/i.test(token.value)
}
