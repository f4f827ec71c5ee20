// The Node that this project runs on, wherever `npm` came from. Plain JavaScript for any Node since 18.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The pinned Node, an optional dependency locked by npm. Ends the process with a sentence where there is none. */
export function pinnedNode() {
  const { platform, arch } = process
  const suffix = platform === 'darwin' && arch === 'arm64' ? 'bin-darwin-arm64' : `${platform}-${arch}`
  const path = join(root, 'node_modules', `node-${suffix}`, 'bin', 'node')
  if (existsSync(path)) return path
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath
  process.stderr.write(
    `keyward: no Node is pinned for ${platform} on ${arch}; install Node 24 or newer and run this again\n`,
  )
  process.exit(1)
}

/** Runs a program with the pinned Node on the same streams. Answers the exit code. */
export function runNode(args, options = {}) {
  const result = spawnSync(pinnedNode(), args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) process.stderr.write(`keyward: ${result.error.message}\n`)
  return result.status ?? 1
}
