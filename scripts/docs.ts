import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedPages } from './pages.ts'

// `npm run docs`: writes every page that is made from the code. test/docs.test.ts fails when one has drifted.
const root = join(import.meta.dirname, '..')
for (const [file, text] of generatedPages()) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
  console.log(`wrote ${file}`)
}
