import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Files that a page names, each with the name that follows it, if one does. */
function named(page: string): [file: string, name: string | undefined][] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/`(packages\/[^`\s]+)`(?: `([A-Za-z0-9]+)`)?/g)].map(([, file, name]) => [
    file!,
    name,
  ])
}

test.each(['docs/how-a-call-runs.md', 'CONTRIBUTING.md'])(
  '%s names files and functions that exist',
  (page) => {
    const list = named(page)
    expect(list.length).toBeGreaterThan(8)
    for (const [file, name] of list) {
      expect([file, existsSync(join(root, file))]).toEqual([file, true])
      if (name === undefined) continue
      expect(statSync(join(root, file)).isFile()).toBe(true)
      const declared = new RegExp(`(?:function|const|interface|type) ${name}\\b`)
      expect([file, name, declared.test(readFileSync(join(root, file), 'utf8'))]).toEqual([file, name, true])
    }
  },
)
