import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml'
import { MAX_WORLD_TEXT } from '../identity/world/source.ts'

const MIB = MAX_WORLD_TEXT / 1024 / 1024

/** A world file as the service takes it: every `file:` of a policy replaced by the text of that file. */
export interface WorldText {
  readonly text: string
  /** By line (from 1) of the world file: the policy file whose text stands there now. */
  readonly policyFiles: ReadonlyMap<number, string>
}

/**
 * Reads a world file and puts the policy files that it names (relative to its own folder) in their place, each on the
 * line where its name stood, so that every place the service reports is a place in the file. A file that is not YAML
 * is left as it is: the service says what is wrong with it. Throws an Error with a sentence when a file cannot be read
 * or there is more text than the service takes.
 */
export function readWorldFile(path: string): WorldText {
  const what = `world file \`${path}\``
  return withPolicyFiles(readText(path, what), dirname(path), what, path)
}

/** As {@link readWorldFile}, for a text that is not in a file: policy files are relative to a folder. */
export function readWorldText(text: string, folder: string, name: string): WorldText {
  return withPolicyFiles(text, folder, `the world on ${name}`, name)
}

function withPolicyFiles(text: string, folder: string, what: string, name: string): WorldText {
  if (text.length > MAX_WORLD_TEXT) throw new Error(`${what} is longer than ${MIB} MiB`)
  // The parser's own search for twins compares every two members of a map; the service finds them in one pass.
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false })
  const policyFiles = new Map<number, string>()
  const names = document.errors.length > 0 ? [] : policiesOf(document.contents).flatMap(fileMember)
  let result = ''
  let done = 0
  for (const { start, end, file: written } of names.sort((a, b) => a.start - b.start)) {
    const file = resolve(folder, written)
    const line = text.slice(0, start).split('\n').length
    const content = readText(file, `policy file \`${file}\`, named in ${name}:${line},`)
    // JSON text is YAML too, and stays on one line.
    result += `${text.slice(done, start)}"document": ${JSON.stringify(content)}`
    done = end
    policyFiles.set(line, file)
  }
  result += text.slice(done)
  if (result.length > MAX_WORLD_TEXT)
    throw new Error(`${what} is longer than ${MIB} MiB with the policy files that it names`)
  return { text: result, policyFiles }
}

function policiesOf(contents: unknown): YAMLMap[] {
  const organization = isMap(contents) ? contents.get('organization', true) : undefined
  const owners = [...itemsOf(contents, 'accounts'), organization]
  return owners.flatMap((owner) => itemsOf(owner, 'policies').filter(isMap))
}

function itemsOf(map: unknown, name: string): unknown[] {
  const list = isMap(map) ? map.get(name, true) : undefined
  return isSeq(list) ? list.items : []
}

interface FileMember {
  readonly start: number
  readonly end: number
  /** The path as it is written. */
  readonly file: string
}

function fileMember(policy: YAMLMap): FileMember[] {
  if (policy.has('document')) return []
  const pair = policy.items.find(({ key }) => isScalar(key) && key.value === 'file')
  const { key, value } = (pair ?? {}) as Partial<Pair<Scalar, Scalar>>
  if (!key?.range || !isScalar(value) || !value.range || typeof value.value !== 'string') return []
  return [{ start: key.range[0], end: value.range[1], file: value.value }]
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${what} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
