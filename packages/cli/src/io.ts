import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { styleText } from 'node:util'

/** The world around a command, so that tests can put their own in its place. */
export interface Io {
  /** Writes a line to standard output. */
  out(line: string): void
  /** Writes a line to standard error. */
  err(line: string): void
  /** Asks on the terminal. */
  ask(question: string): Promise<string>
  /** Asks on the terminal for what is not shown as it is typed. */
  askHidden(question: string): Promise<string>
  /** Everything on standard input. */
  input(): Promise<Uint8Array>
  /** Puts a passing remark where a person watches standard error; the next one, or nothing, takes its place. */
  status(text: string): void
  /** Whether a person reads standard output, watches standard error, and can be asked. */
  readonly person: { readonly reads: boolean; readonly watches: boolean; readonly answers: boolean }
  readonly columns: number
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The working folder. */
  readonly folder: string
}

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

export function processIo(): Io {
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    async ask(question) {
      const terminal = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await terminal.question(question)
      } finally {
        terminal.close()
      }
    },
    async askHidden(question) {
      process.stderr.write(question)
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
      const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
      try {
        return await terminal.question('')
      } finally {
        terminal.close()
        process.stderr.write('\n')
      }
    },
    async input() {
      const parts: Buffer[] = []
      for await (const part of process.stdin) parts.push(part as Buffer)
      return Buffer.concat(parts)
    },
    // A terminal that moves no cursor would show every remark.
    status: (text) =>
      void (process.stderr.isTTY && process.env.TERM !== 'dumb' && process.stderr.write(`\r\x1b[K${text}`)),
    person: {
      reads: process.stdout.isTTY === true,
      watches: process.stderr.isTTY === true,
      answers: process.stdin.isTTY === true && process.stderr.isTTY === true,
    },
    columns: Math.min(process.stdout.columns ?? 80, 110),
    environment: process.env,
    folder: process.cwd(),
  }
}

/** Colours a text where colours are wanted. */
export function paint(io: Io, colour: Colour, text: string): string {
  return wantsColour(io) ? styleText(colour, text, { validateStream: false }) : text
}

/** FORCE_COLOR says so; else NO_COLOR and a terminal that knows none (TERM=dumb) say no, and a person who reads, yes. */
export function wantsColour({ person, environment }: Pick<Io, 'person' | 'environment'>): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none, TERM: terminal } = environment
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return person.reads && !none && terminal !== 'dumb'
}

/** An answer as JSON: indented for a person, one line for a program. */
export function json(io: Io, value: unknown): string {
  return JSON.stringify(value, null, io.person.reads ? 2 : undefined)
}
