import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
// @ts-expect-error plain JavaScript, for a Node that cannot read TypeScript
import { otherNode } from '../../scripts/other-nodes.mjs'
import { npmUnder } from './npm.ts'
import { startRegistry } from './registry.ts'

const root = join(import.meta.dirname, '..', '..')
const cache = join(root, 'node_modules', '.cache', 'keyward-built')
const run = promisify(execFile)

/** The packages as `npm publish` would send them, by the name of their folder. */
export interface Built {
  /** Holds a folder for each package. */
  readonly folder: string
  readonly tarballs: readonly string[]
}

/** Builds and packs the packages; once for the tests that use them, as long as nothing in them changes. */
export async function builtPackages(): Promise<Built> {
  const folder = join(cache, fingerprint())
  mkdirSync(cache, { recursive: true })
  const lock = `${folder}.lock`
  while (!existsSync(folder)) {
    if (!tryLock(lock)) {
      await delay(200)
      continue
    }
    try {
      await build(folder)
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  }
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  return { folder, tarballs: tarballs.map((name) => join(folder, name)) }
}

/** Lays the packages into an empty folder as npm installs them, under the oldest Node that is meant. */
export async function installedPackages(folder: string): Promise<void> {
  const built = await builtPackages()
  cpSync(join(built.folder, 'app'), folder, { recursive: true, verbatimSymlinks: true })
}

async function install(folder: string, tarballs: readonly string[]): Promise<void> {
  const registry = await startRegistry()
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    const node = existsSync(otherNode(24)) ? otherNode(24) : process.execPath
    const flags = ['--engine-strict', '--registry', registry.url, '--cache', join(folder, '.npm')]
    await npmUnder(node, ['install', '--no-audit', '--no-fund', ...flags, ...tarballs], folder)
    rmSync(join(folder, '.npm'), { recursive: true, force: true })
  } finally {
    registry.close()
  }
}

async function build(folder: string): Promise<void> {
  for (const old of readdirSync(cache)) {
    const path = join(cache, old)
    if (!path.startsWith(folder)) rmSync(path, { recursive: true, force: true })
  }
  const draft = `${folder}.draft`
  rmSync(draft, { recursive: true, force: true })
  await run(process.execPath, [join(root, 'scripts/build.mjs'), draft])
  const folders = readdirSync(draft).map((name) => `./${name}`)
  await run('npm', ['pack', '--silent', '--pack-destination', draft, ...folders], { cwd: draft })
  const packed = readdirSync(draft).filter((name) => name.endsWith('.tgz'))
  await install(
    join(draft, 'app'),
    packed.map((name) => join(draft, name)),
  )
  renameSync(draft, folder)
}

/** A lock of a process that is gone is nobody's. */
function tryLock(path: string): boolean {
  try {
    mkdirSync(path)
    mkdirSync(join(path, String(process.pid)))
    return true
  } catch {
    const [holder] = existsSync(path) ? readdirSync(path) : []
    if (holder !== undefined && !existsSync(`/proc/${holder}`) && existsSync('/proc/self'))
      rmSync(path, { recursive: true, force: true })
    return false
  }
}

/** What the packages are made from. */
function fingerprint(): string {
  const hash = createHash('sha256')
  const files = ['package-lock.json', 'tsconfig.json', 'scripts/build.mjs', 'scripts/bundle.mjs']
  for (const folder of ['packages', 'examples']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name)
      if (!file.isFile() || /\/(node_modules|test|cases|testing|fixtures)\/|\.test\.ts$/.test(path)) continue
      files.push(path.slice(root.length + 1))
    }
  }
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 16)
}
