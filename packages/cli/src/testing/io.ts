import type { Io } from '../io.ts'
import { run } from '../run.ts'

export interface Ran {
  readonly exitCode: number
  readonly out: string
  readonly err: string
  /** Remarks that came and went. */
  readonly statuses: readonly string[]
}

export interface Surroundings {
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
  /** What standard input holds. */
  readonly input?: string | Uint8Array
  /** A person at a terminal, with the answers to give in order. */
  readonly person?: { readonly answers: readonly string[] }
}

/** Runs a command line in this process and catches what it says. */
export async function keyward(argv: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const statuses: string[] = []
  const answers = [...(around.person?.answers ?? [])]
  const io: Io = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    async ask(question) {
      err.push(question)
      return answers.shift() ?? ''
    },
    async askHidden(question) {
      err.push(question)
      return answers.shift() ?? ''
    },
    input: async () => Buffer.from(around.input ?? ''),
    status: (text) => statuses.push(text),
    person: {
      reads: around.person !== undefined,
      watches: around.person !== undefined,
      answers: around.person !== undefined,
    },
    columns: 80,
    environment: around.environment ?? {},
    folder: around.folder ?? '/nowhere',
  }
  const exitCode = await run(argv, io, '1.2.3')
  return { exitCode, out: out.join('\n'), err: err.join('\n'), statuses }
}
