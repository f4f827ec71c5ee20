import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedPages } from './pages.ts'

// `npm run docs`: writes every page that is made from the code. test/docs.test.ts fails when one has drifted.
const root = join(import.meta.dirname, '..')
for (const [file, text] of generatedPages()) {
  writeFileSync(join(root, file), text)
  console.log(`wrote ${file}`)
}
