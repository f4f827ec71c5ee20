// `npm run image`: lays out dist/image, from which a container image is built (deploy/container/Containerfile).
// `node scripts/image.mjs FOLDER [INSTALLED]` lays it out elsewhere, from a folder where `keyward` is installed already.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { root } from './node.mjs'

const target = resolve(process.argv[2] ?? join(root, 'dist', 'image'))
const given = process.argv[3]
const installed = given ?? install()

rmSync(target, { recursive: true, force: true })
mkdirSync(join(target, 'app'), { recursive: true })
// What a running service does not read stays out.
const unread = /\.(map|d\.[cm]?ts|md|markdown|ts)$|\/(test|tests|docs|example|\.npm)$/
cpSync(join(installed, 'node_modules'), join(target, 'app', 'node_modules'), {
  recursive: true,
  filter: (source) => !unread.test(source),
})
writeFileSync(join(target, 'app', 'package.json'), '{ "private": true, "type": "module" }\n')
cpSync(join(root, 'deploy/container/health.mjs'), join(target, 'app', 'health.mjs'))
cpSync(join(root, 'deploy/container/Containerfile'), join(target, 'Containerfile'))
mkdirSync(join(target, 'data'))
chmodSync(join(target, 'data'), 0o700)
if (given === undefined) rmSync(installed, { recursive: true, force: true })
console.log(`laid out ${target}; next: podman build --format docker -t keyward ${target}`)

/** The built packages with what they need, from the registry. */
function install() {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-image-'))
  const built = join(folder, 'built')
  run(process.execPath, [join(root, 'scripts', 'build.mjs'), built], root)
  const names = readdirSync(built)
  for (const name of names) run('npm', ['pack', '--silent', '--pack-destination', folder], join(built, name))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  const wanted = tarballs.filter((name) => !name.includes('testing')).map((name) => `./${name}`)
  run('npm', ['install', '--omit=dev', '--omit=optional', '--ignore-scripts', ...wanted], folder)
  return folder
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) {
    process.stderr.write(`keyward: \`${command} ${args.join(' ')}\` failed\n`)
    process.exit(1)
  }
}
