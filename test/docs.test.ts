import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generatedPages } from '../scripts/pages.ts'

test.each(generatedPages())('%s is what the code makes of it (else: npm run docs)', (file, text) => {
  expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).toBe(text)
})
