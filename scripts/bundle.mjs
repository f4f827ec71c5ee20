// Puts the compiled service into few files. A start that reads 540 files of its own and 900 of others takes three times
// as long (docs/reliability.md). What has native parts, or is loaded for some servers alone, stays outside.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { root } from './node.mjs'

/** Doors of the package, and the programs of its threads, which are found beside the file that starts them. */
const ENTRIES = [
  'index',
  'settings',
  'client',
  'offline',
  'crypto/pool/worker',
  'store/sqlite/thread-program',
  'store/sqlite/log-thread-program',
  'identity/world/reading-thread',
]
const OUTSIDE = [
  '@keyward/policy',
  '@opentelemetry/*',
  '@redis/client',
  'mysql2',
  'pg',
  'pino',
  'prom-client',
  'selfsigned',
  'ssh2',
]

/** Replaces the files in `<target>/server/lib` by bundles of the same doors; the types stay as they are. */
export async function bundleServer(target) {
  const { build } = await import('esbuild')
  const folder = join(target, 'server')
  const lib = join(folder, 'lib')
  const out = join(folder, 'bundled')
  const { metafile } = await build({
    entryPoints: ENTRIES.map((entry) => ({ in: join(lib, `${entry}.js`), out: entry.split('/').at(-1) })),
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: OUTSIDE,
    plugins: [fromSources(lib)],
    // A package in the older form asks for modules of Node in the older way.
    banner: {
      js: "import { createRequire as keywardRequire } from 'node:module'; const require = keywardRequire(import.meta.url);",
    },
    minifySyntax: true,
    sourcemap: true,
    metafile: true,
    logLevel: 'error',
  })
  for (const file of readdirSync(lib, { recursive: true }).map(String))
    if (/\.js(\.map)?$/.test(file)) rmSync(join(lib, file))
  cpSync(out, lib, { recursive: true })
  rmSync(out, { recursive: true })
  const inputs = Object.keys(metafile.inputs).map((input) => resolve(input))
  const others = inputs.filter((input) => !input.startsWith(lib + sep))
  writeFileSync(join(folder, 'THIRD-PARTY.txt'), notices(others))
}

/** A second form of a small package for test runners that load packages by `require` alone. */
export async function bundleForRequire(lib) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(lib, 'index.js')],
    outfile: join(lib, 'index.cjs'),
    bundle: true,
    packages: 'external',
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    define: { 'import.meta.url': 'keywardUrl' },
    banner: { js: "const keywardUrl = require('node:url').pathToFileURL(__filename).href;" },
    sourcemap: true,
    logLevel: 'error',
  })
}

/** What the compiled files import is looked for where their sources lie: elsewhere it may be another version. */
function fromSources(lib) {
  return {
    name: 'from-sources',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) => {
        if (!resolveDir.startsWith(lib)) return undefined
        return build.resolve(path, { kind, resolveDir: join(root, 'packages/server/src') })
      })
    },
  }
}

/** The licences of the packages whose code is in the bundles. */
function notices(inputs) {
  const folders = new Set()
  for (const input of inputs) {
    const parts = input.split(sep)
    const at = parts.lastIndexOf('node_modules')
    if (at < 0) continue
    folders.add(parts.slice(0, at + (parts[at + 1].startsWith('@') ? 3 : 2)).join(sep))
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one))
    if (file === undefined) throw new Error(`${relative(root, folder)} comes without its licence`)
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `The files in lib/ hold code of these packages:\n\n${texts.join(`\n${'-'.repeat(78)}\n\n`)}`
}
