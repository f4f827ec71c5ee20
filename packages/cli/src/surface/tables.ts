import type { Entry } from '../command.ts'
import type { Flag } from '../flags.ts'
import { withOutput } from '../output.ts'

/** A command as completion and manual need it. */
export interface Shown {
  readonly name: string
  readonly summary: string
  readonly usage: string
  readonly about: string
  readonly examples: readonly (readonly [line: string, comment: string])[]
  readonly flags: readonly Flag[]
}

/** Every command with its flags, from the tables that its help is made from. */
export async function shownCommands(commands: Readonly<Record<string, Entry>>): Promise<readonly Shown[]> {
  return await Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => {
      const { usage, about, examples, flags } = withOutput(await load())
      return { name, summary, usage, about, examples, flags }
    }),
  )
}

/** What a flag takes: nothing, one of some words, a file, a folder, or any text. */
export function takes({
  type,
  value = '',
  choices,
}: Flag): 'nothing' | 'file' | 'folder' | 'text' | readonly string[] {
  if (type === 'switch') return 'nothing'
  if (choices !== undefined) return choices
  if (/^FILE/.test(value)) return 'file'
  if (/^FOLDER/.test(value)) return 'folder'
  return /^[\w.-]+(\|[\w.-]+)+$/.test(value) && value === value.toLowerCase() ? value.split('|') : 'text'
}
