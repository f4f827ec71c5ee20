import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { didYouMean } from '@keyward/policy'
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { settingRows } from './settings.ts'

/** The settings of a file, still as text, by name. Relative paths start at `folder`. */
export interface SettingsFile {
  readonly folder: string
  readonly values: ReadonlyMap<string, { readonly texts: readonly string[]; readonly place: string }>
  /** A sentence for everything that is wrong, each with file, line and column. */
  readonly problems: readonly string[]
}

/** Reads a settings file, YAML or JSON (which is YAML too). */
export function readSettingsFile(path: string): SettingsFile {
  const folder = dirname(path)
  const values: Map<string, { texts: string[]; place: string }> = new Map()
  const problems: string[] = []
  const done = { folder, values, problems }

  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    problems.push(`settings file \`${path}\` cannot be read: ${(error as NodeJS.ErrnoException).code}`)
    return done
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset = 0) => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  for (const error of document.errors) {
    problems.push(`${at(error.pos[0])}: ${error.message[0]!.toLowerCase()}${error.message.slice(1)}`)
  }
  if (problems.length > 0 || document.contents === null) return done
  if (!isMap(document.contents)) {
    problems.push(`${at()}: a settings file is a list of \`name: value\``)
    return done
  }

  const known = settingRows.filter((row) => !('notInFile' in row))
  for (const { key, value } of document.contents.items) {
    const place = at(isScalar(key) ? key.range?.[0] : 0)
    const name = String(isScalar(key) ? key.value : key)
    const row = known.find((one) => one.name === name)
    if (!row) {
      const names = known.map((one) => one.name)
      problems.push(`${place}: unknown setting \`${name}\`${didYouMean(name, names)}`)
      continue
    }
    const items = isSeq(value) && row.type === 'list' ? value.items : [value]
    const texts = items.map((item) => (isScalar(item) && item.value !== null ? scalarText(item) : undefined))
    if (texts.includes(undefined)) {
      problems.push(`${place}: \`${name}\` wants ${row.type === 'list' ? 'a list of texts' : 'one value'}`)
    } else values.set(name, { texts: texts as string[], place })
  }
  return done
}

/** A scalar as it was written: `1.20` and `007` are texts here, not numbers. */
function scalarText(node: { value: unknown; source?: string | undefined }): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}
