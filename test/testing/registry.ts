import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** A registry of npm on loopback: it has what is installed in this checkout, and nothing else. */
export interface Registry {
  readonly url: string
  close(): void
}

interface Place {
  readonly name: string
  readonly version: string
  readonly folder: string
}

export async function startRegistry(): Promise<Registry> {
  const places = installed()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const [name = '', tarball] = path.split('/-/')
    const versions = places.get(name) ?? []
    const one = versions.find(({ version }) => tarball === `${version}.tgz`)
    if (one) {
      const line = [
        '-c',
        '-I',
        'gzip -1',
        '-C',
        one.folder,
        '--exclude=./node_modules',
        '--transform=s,^\\.,package,',
        '.',
      ]
      spawn('tar', line, { stdio: ['ignore', 'pipe', 'inherit'] }).stdout.pipe(response)
      return
    }
    response.statusCode = versions.length > 0 ? 200 : 404
    const base = `http://${request.headers.host}/${name}/-`
    response.end(JSON.stringify(packument(name, versions, base)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

function packument(name: string, versions: readonly Place[], base: string) {
  const entries = versions.map(({ version, folder }) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return [version, { ...manifest, dist: { tarball: `${base}/${version}.tgz` } }] as const
  })
  return { name, 'dist-tags': { latest: versions.at(-1)?.version }, versions: Object.fromEntries(entries) }
}

/** What the lock file of the last install names. */
function installed(): Map<string, Place[]> {
  const lock = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8'))
  const places = new Map<string, Place[]>()
  for (const [path, { version, link }] of Object.entries<{ version: string; link?: boolean }>(
    lock.packages,
  )) {
    if (link || !path.includes('node_modules/')) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const before = places.get(name) ?? []
    if (before.some((one) => one.version === version)) continue
    places.set(name, [...before, { name, version, folder: join(root, path) }])
  }
  return places
}
