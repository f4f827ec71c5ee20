// `npm run wycheproof [FOLDER]`: gets the test vectors of the Wycheproof project, of one revision, each file checked by its hash.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')

export const source = JSON.parse(
  readFileSync(join(root, 'packages/server/cases/wycheproof/source.json'), 'utf8'),
)

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** Gets what is not there yet; answers how many files came. Throws an Error with a sentence. */
export async function getVectors(folder, { sha256, base }, get = fetch) {
  mkdirSync(folder, { recursive: true })
  let came = 0
  for (const [name, hash] of Object.entries(sha256)) {
    const file = join(folder, name)
    if (existsSync(file) && hashOf(readFileSync(file)) === hash) continue
    const answer = await get(`${base}/${name}`)
    if (!answer.ok) throw new Error(`${base}/${name} answers ${answer.status}`)
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (hashOf(bytes) !== hash)
      throw new Error(`${name} is not the file that was expected: its SHA-256 is ${hashOf(bytes)}`)
    writeFileSync(`${file}.part`, bytes)
    renameSync(`${file}.part`, file)
    came += 1
  }
  return came
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2] ?? process.env.WYCHEPROOF ?? join(root, '.wycheproof')
  const base = `${source.repository.replace('github.com', 'raw.githubusercontent.com')}/${source.revision}/${source.folder}`
  try {
    const came = await getVectors(folder, { ...source, base })
    console.log(`${Object.keys(source.sha256).length} files of Wycheproof in ${folder}, ${came} of them new`)
  } catch (error) {
    console.error(`wycheproof: ${error.message}`)
    process.exitCode = 1
  }
}
