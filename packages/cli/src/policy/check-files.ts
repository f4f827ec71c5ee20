import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Finding, parsePolicy } from '@keyward/policy'
import { misused } from '../exit.ts'
import type { Io } from '../io.ts'
import type { Checked } from './check-report.ts'
import { type GivenFile, readFiles } from './files.ts'
import { type ChosenKind, chooseKind } from './kind.ts'

type Worlds = typeof import('@keyward/server/offline')
type Given = Parameters<typeof chooseKind>[1]

/** What the words of a command line name: files, the policies of world files, and what folders hold of both. */
export interface CheckedFiles {
  readonly checked: readonly Checked[]
  /** Whether a folder was named: then a file without findings is not reported by itself. */
  readonly many: boolean
}

/** Judges every document of the files and folders. @throws Stop when one cannot be read. */
export async function checkFiles(words: readonly string[], given: Given, io: Io): Promise<CheckedFiles> {
  const folders = words.filter((word) => word !== '-' && isFolder(resolve(io.folder, word)))
  const names = words.flatMap((word) => (folders.includes(word) ? filesBelow(word, io) : [word]))
  const files = await readFiles(names, io)
  const inFolder = (label: string) => !words.includes(label) && label !== '<stdin>'
  // What reads worlds is a part of the service, and loaded only for them.
  const worlds = files.some(isWorld) ? await import('@keyward/server/offline') : undefined
  const checked = files.flatMap((file): readonly Checked[] => {
    if (worlds && isWorld(file)) return worldPolicies(file, worlds)
    if (inFolder(file.label) && !looksLikePolicy(file)) return []
    const kind = chooseKind(file, given)
    return [{ ...file, kind, findings: parsePolicy(file.text, { ...kind, risks: true }).findings }]
  })
  if (checked.length === 0) throw misused(`no policy and no world file in ${folders.join(', ')}`)
  return { checked, many: folders.length > 0 }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Files below a folder that may hold policies, in the order of their names. */
function filesBelow(folder: string, io: Io): readonly string[] {
  const entries = readdirSync(resolve(io.folder, folder), { withFileTypes: true })
  return entries
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = join(folder, entry.name)
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
      if (entry.isDirectory()) return filesBelow(name, io)
      return entry.isFile() && /\.(json|ya?ml)$/i.test(entry.name) ? [name] : []
    })
}

/** What lies in a folder by its name or its looks; other JSON is left alone. A broken document is still one. */
function looksLikePolicy({ label, text }: GivenFile): boolean {
  if (!/\.json$/i.test(label)) return false
  if (/\.(?:(?:ram|iam)-)?(?:identity|session|control|key|secret|trust|scp)\.json$/i.test(label)) return true
  return /^\s*\{/.test(text) && /"Statement"\s*:/.test(text) && !/"(?:policies|tests|cases)"\s*:/.test(text)
}

function isWorld({ label, text }: GivenFile): boolean {
  if (/\.json$/i.test(label)) return /^\s*\{\s*"(?:accounts|organization|networks)"\s*:/.test(text)
  return /^(?:accounts|organization|networks)\s*:/m.test(text) && !/^\s*[[{]/.test(text)
}

/** The policies of a world file, each a document of its own, with its findings at their lines in the file. */
function worldPolicies(file: GivenFile, worlds: Worlds): readonly Checked[] {
  const world =
    file.path === undefined
      ? { text: file.text, policyFiles: new Map<number, string>() }
      : read(file.path, worlds)
  const result = worlds.policiesOfWorld(world.text)
  if ('findings' in result)
    throw misused(
      result.findings.map((one) => `${file.label}:${one.line}:${one.column}: ${one.message}`).join('\n'),
    )
  return result.policies.map(({ name, language, type, line, findings }) => {
    const beside = world.policyFiles.get(line)
    const kind: ChosenKind = { language, type, guessed: false }
    return {
      ...file,
      kind,
      policy: name,
      findings: findings.map(({ place, ...finding }): Finding => {
        const at = beside === undefined ? place : { line, column: place.column }
        const offset = offsetOf(file.text, at)
        return { ...finding, ...at, offset, length: lengthAt(file.text, offset) }
      }),
    }
  })
}

function read(path: string, { readWorldFile }: Worlds) {
  try {
    return readWorldFile(path)
  } catch (error) {
    throw misused((error as Error).message)
  }
}

function offsetOf(text: string, { line, column }: { line: number; column: number }): number {
  let at = 0
  for (let n = 1; n < line; n += 1) at = text.indexOf('\n', at) + 1
  return at + column - 1
}

/** How far a finding of a world file is marked: the word or the text in quotes that stands there. */
function lengthAt(text: string, offset: number): number {
  return /^(?:"[^"\n]*"|'[^'\n]*'|[^\s,[\]{}]+)/.exec(text.slice(offset, offset + 200))?.[0].length ?? 1
}
