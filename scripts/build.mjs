// `npm run build`: compiles every package to dist/<package>, ready for `npm publish`. `node scripts/build.mjs FOLDER`
// builds elsewhere. Each package gets its JavaScript with source maps and its types in lib/, and a package.json that
// points there. The service is put into few files (scripts/bundle.mjs), so that it starts fast.
import { spawnSync } from 'node:child_process'
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
import { join, resolve } from 'node:path'
import { bundleForRequire, bundleServer } from './bundle.mjs'
import { ensureInstalled } from './install.mjs'
import { pinnedNode, root, runNode } from './node.mjs'

const target = resolve(process.argv[2] ?? join(root, 'dist'))
const REPOSITORY = 'git+https://github.com/keyward/keyward.git'
const packages = ['policy', 'server', 'cli', 'for-tests']
const started = Date.now()

await ensureInstalled('everything')
for (const name of packages) rmSync(join(target, name), { recursive: true, force: true })
const compiled = join(target, '.compiled')
rmSync(compiled, { recursive: true, force: true })
mkdirSync(compiled, { recursive: true })

// One program for all: packages import each other's TypeScript. Only relative imports are rewritten to .js; those of
// another package keep their name, which its exports lead to lib/.
const config = join(compiled, 'tsconfig.json')
const options = {
  noEmit: false,
  declaration: true,
  sourceMap: true,
  inlineSources: true,
  rewriteRelativeImportExtensions: true,
  rootDir: join(root, 'packages'),
  outDir: compiled,
  types: ['node'],
  typeRoots: [join(root, 'node_modules', '@types')],
}
writeFileSync(
  config,
  JSON.stringify({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: options,
    include: packages.map((name) => join(root, 'packages', name, 'src')),
    exclude: ['**/*.test.ts', '**/testing/**', '**/fixtures/**'].map((pattern) =>
      join(root, 'packages', pattern),
    ),
  }),
)
const code = runNode([join(root, 'node_modules/@typescript/native/bin/tsc'), '-p', config])
if (code !== 0) {
  rmSync(compiled, { recursive: true, force: true })
  process.exit(code)
}

for (const name of packages) {
  const source = join(root, 'packages', name)
  const folder = join(target, name)
  mkdirSync(folder, { recursive: true })
  renameSync(join(compiled, name, 'src'), join(folder, 'lib'))
  for (const file of assets(source)) cpSync(join(source, file), join(folder, file), { recursive: true })
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}
cpSync(join(root, 'examples'), join(target, 'cli', 'examples'), { recursive: true })
mkdirSync(join(target, 'cli', 'man'))
const manual = spawnSync(pinnedNode(), [join(root, 'packages/cli/bin/keyward.mjs'), 'manual'])
if (manual.status !== 0) throw new Error(`the manual page could not be made: ${manual.stderr}`)
writeFileSync(join(target, 'cli', 'man', 'keyward.1'), manual.stdout)
await bundleServer(target)
await bundleForRequire(join(target, 'for-tests', 'lib'))
for (const name of packages) {
  const manifest = `${JSON.stringify(published(name), null, 2)}\n`
  writeFileSync(join(target, name, 'package.json'), manifest)
}
rmSync(compiled, { recursive: true, force: true })
console.log(
  `built ${packages.length} packages in ${target} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
)

/** What a package carries besides its code: everything at its top but the sources and their manifest. */
function assets(source) {
  const code = ['src', 'test', 'cases', 'bench', 'package.json', 'node_modules']
  return readdirSync(source).filter((name) => !code.includes(name) && !name.startsWith('tsconfig'))
}

/** The package.json to publish: the same, with the exports leading to lib/, and what npm shows of a package. */
function published(name) {
  const source = join(root, 'packages', name)
  const { exports, ...manifest } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const entries = Object.entries(exports ?? {}).map(([entry, path]) => {
    if (!path.startsWith('./src/')) return [entry, path]
    const built = path.replace('./src/', './lib/').replace(/\.ts$/, '')
    const older = existsSync(join(target, name, `${built}.cjs`)) && { require: `${built}.cjs` }
    return [entry, { types: `${built}.d.ts`, ...older, default: `${built}.js` }]
  })
  return {
    ...manifest,
    repository: { type: 'git', url: REPOSITORY, directory: `packages/${name}` },
    files: readdirSync(join(target, name)).filter(
      (file) => !/^(package\.json|LICENSE|README\.md)$/.test(file),
    ),
    ...(exports && { exports: Object.fromEntries(entries) }),
  }
}
