import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installedPackages } from './testing/built.ts'
import { type Images, imagesIn, makeBase, noBuildah } from './testing/image.ts'
import { readAddress } from './testing/process.ts'

/**
 * The container image, built by buildah on a base that this test makes, without a network. It is run from its own file
 * system, mounted read-only, as the user that it names, without privileges: what a container engine does of it. An engine
 * itself (podman) needs control groups that a sandbox may not have.
 */
const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
const USER = 65532
const missing = noBuildah() ?? noMounts()

interface Config {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly Volumes: object
  readonly Healthcheck: { readonly Test: readonly string[] }
  readonly StopSignal: string
}

let images: Images
let files: string
let config: Config
const folder = mkdtempSync(join(tmpdir(), 'keyward-container-'))

function noMounts(): string | undefined {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this machine lets nobody mount, not even in a namespace of its own'
  }
}

beforeAll(async () => {
  if (missing !== undefined) return
  images = imagesIn(folder)
  await installedPackages(join(folder, 'installed'))
  const context = join(folder, 'image')
  await run(process.execPath, [join(root, 'scripts/image.mjs'), context, join(folder, 'installed')])
  await makeBase(images, 'base')
  const flags = ['--isolation', 'chroot', '--format', 'docker', '--layers=false', '--pull-never']
  await images.buildah('build', ...flags, '--build-arg', 'BASE=localhost/base', '-t', 'keyward', context)
  config = JSON.parse(await images.buildah('inspect', '--type', 'image', 'localhost/keyward')).Docker.config
  const container = await images.buildah('from', '--pull-never', 'localhost/keyward')
  files = await images.buildah('mount', container)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a command of the image: read-only files, its user, no privilege, `data` for its volume. */
function contained(words: readonly string[], data: string, variables: readonly string[] = []): ChildProcess {
  const script = [
    'mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"',
    'mount --bind "$2" "$1/var/lib/keyward" && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev"',
    `root="$1"; shift 2; exec setpriv --no-new-privs chroot --userspec=${USER}:${USER} --groups= "$root" "$@"`,
  ].join('\n')
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--ipc', '--uts']
  const line = ['-c', script, 'sh', files, data, ...words]
  const given = Object.fromEntries(
    [...config.Env, ...variables].map((one) => one.split(/=(.*)/s).slice(0, 2)),
  )
  return spawn('unshare', [...namespaces, 'sh', ...line], {
    // The tools that enter the image are this machine's, and are looked for after the image's own places.
    env: { ...given, PATH: `${given.PATH}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function dataFolder(name: string): string {
  const data = join(folder, name)
  mkdirSync(data, { mode: 0o700 })
  chownSync(data, USER, USER)
  return data
}

async function said(child: ChildProcess): Promise<{ code: number; text: string }> {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream!.on('data', (part) => {
      text += part
    })
  const [code] = await once(child, 'close')
  return { code, text }
}

describe.skipIf(missing !== undefined && process.env.CI !== 'true')(
  `container image${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('is small beside its base, and says how it is run', async () => {
      expect(config).toMatchObject({
        User: `${USER}:${USER}`,
        Volumes: { '/var/lib/keyward': {} },
        ExposedPorts: { '7700/tcp': {} },
        StopSignal: 'SIGTERM',
      })
      expect(config.Healthcheck.Test.slice(0, 2)).toEqual(['CMD', 'node'])
      const size = Number((await run('du', ['-sk', join(files, 'opt/keyward')])).stdout.split('\t')[0])
      expect(size / 1024).toBeLessThan(40)
    })

    test('off loopback without TLS it says what is missing, and ends', async () => {
      const { code, text } = await said(contained([...config.Entrypoint, ...config.Cmd], dataFolder('plain')))
      expect(code).toBe(2)
      expect(text).toMatch(
        /KEYWARD_LISTEN: `0\.0\.0\.0` can be reached from other machines.*--insecure-http/s,
      )
    })

    test('runs without privileges on read-only files, is healthy, keeps its data and stops in order', async () => {
      const data = dataFolder('data')
      const variables = [
        'KEYWARD_LISTEN=0.0.0.0:0',
        'KEYWARD_TLS=self-signed',
        'KEYWARD_TLS_NAME=keyward.internal',
      ]
      const health = config.Healthcheck.Test.slice(1)
      expect(await said(contained(health, data, variables))).toMatchObject({ code: 1 })
      let before = ''
      for (const time of ['first', 'second']) {
        const child = contained([...config.Entrypoint, ...config.Cmd], data, variables)
        try {
          const url = await readAddress(child)
          expect(url, time).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
          expect(await said(contained(health, data, variables))).toEqual({ code: 0, text: '' })
          const credentials = readFileSync(join(data, 'root-credentials.json'), 'utf8')
          before ||= JSON.parse(credentials).accessKeyId
          expect(JSON.parse(credentials).accessKeyId).toBe(before)
          const status = readFileSync(`/proc/${pidOf(child)}/status`, 'utf8')
          expect(status).toMatch(new RegExp(`^Uid:\\s+${USER}\\s+${USER}`, 'm'))
          expect(status).toMatch(/^CapEff:\s+0+$/m)
          expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
          process.kill(pidOf(child), 'SIGTERM')
          expect(await once(child, 'exit')).toEqual([0, null])
        } finally {
          child.kill('SIGKILL')
        }
      }
      const writes = "require('fs').writeFileSync('/opt/keyward/x', '')"
      const tried = await said(contained(['node', '-e', writes], data))
      expect(tried.text).toContain('EROFS')
      expect(existsSync(join(files, 'opt/keyward/x'))).toBe(false)
    })
  },
)

/** The service itself: the one child of the namespace's first process, or that process. */
function pidOf(child: ChildProcess): number {
  const children = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  let pid = child.pid!
  for (let next = children(pid)[0]; next !== undefined; next = children(pid)[0]) pid = next
  return pid
}
