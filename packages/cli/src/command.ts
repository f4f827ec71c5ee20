import type { ExitCode } from './exit.ts'
import type { CommandLine, Flag } from './flags.ts'
import type { Io } from './io.ts'

/** One command of `keyward`: a row that its help, its parsing and its run are made from. */
export interface Command {
  /** One or two words: `serve`, `audit verify`. */
  readonly name: string
  /** What follows the name: `FILE [--prune]`. */
  readonly usage: string
  /** A paragraph or two. */
  readonly about: string
  /** Lines to type, each with a comment. */
  readonly examples: readonly (readonly [line: string, comment: string])[]
  readonly flags: readonly Flag[]
  /** Text of its own to put where the flags would be described. */
  readonly flagsHelp?: (columns: number) => string
  /** Help on some words after the name, instead of that on the command. */
  readonly topic?: (words: readonly string[]) => string | undefined
  /** Fewest and most words after the name. */
  readonly words: readonly [number, number]
  run(line: CommandLine, io: Io): Promise<ExitCode>
}

/** A command in the list of them. */
export interface Entry {
  /** Under ten words, for the list of commands. */
  readonly summary: string
  readonly load: () => Promise<Command>
}
