import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { surveyJson } from '@keyward/policy'
import { misused } from '../exit.ts'
import type { Io } from '../io.ts'

/** A file that a command was given, or standard input. */
export interface GivenFile {
  /** As the person named it; `<stdin>` for `-`. */
  readonly label: string
  /** Undefined for standard input. */
  readonly path?: string
  readonly text: string
}

/**
 * Reads files, `-` for standard input. All that cannot be read are named at once, before anything is done. A byte-order
 * mark is kept: the service would refuse it too.
 */
export async function readFiles(names: readonly string[], io: Io): Promise<readonly GivenFile[]> {
  if (names.filter((name) => name === '-').length > 1)
    throw misused('standard input (`-`) can be read only once')
  const files: GivenFile[] = []
  const problems: string[] = []
  for (const name of names) {
    const label = name === '-' ? '<stdin>' : name
    try {
      const path = name === '-' ? undefined : resolve(io.folder, name)
      const bytes = path === undefined ? await io.input() : readFileSync(path)
      files.push({ label, ...(path !== undefined && { path }), text: utf8.decode(bytes) })
    } catch (error) {
      problems.push(`\`${label}\` ${whyUnread(error)}`)
    }
  }
  if (problems.length > 0) throw misused(problems.join('\n'))
  return files
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function whyUnread(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not text: it holds bytes that are not UTF-8'
  if (code === 'EISDIR') return 'is a folder, not a file'
  return `cannot be read: ${code}`
}

/** One text, from its place among others that a file names: relative to that file's own folder. */
export function readBeside(file: GivenFile, name: string, io: Io): string {
  const path = file.path === undefined ? resolve(io.folder, name) : resolve(file.path, '..', name)
  try {
    return utf8.decode(readFileSync(path))
  } catch (error) {
    throw misused(`\`${name}\`, named in ${file.label}, ${whyUnread(error)}`)
  }
}

/** JSON of any file, with a sentence when it is none. */
export function parseJson(file: GivenFile): unknown {
  if (surveyJson(file.text, deepest) === undefined) {
    throw misused(`\`${file.label}\` is nested deeper than ${deepest} levels`)
  }
  try {
    return JSON.parse(file.text)
  } catch (error) {
    throw misused(`\`${file.label}\` is not JSON: ${jsonFault((error as Error).message)}`)
  }
}

/** A policy nests 32 levels at most, and a case a few more; recursive readers get no further. */
const deepest = 64

/** What the runtime says of broken JSON, on one line, without the text itself. */
function jsonFault(message: string): string {
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(message) ?? []
  const what = message.replace(/( in JSON at |,? (\.\.\.)?")[\s\S]*$/, '').slice(0, 80)
  return line === undefined ? what : `${what} at ${line}:${column}`
}
