import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Why no image can be built here, as a sentence; undefined where one can. */
export function noBuildah(): string | undefined {
  if (process.platform !== 'linux') return 'images are built on Linux'
  if (process.getuid?.() !== 0) return 'building an image without a network takes root'
  return onPath('buildah') ? undefined : 'the Debian package buildah is not installed'
}

export function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)))
}

/** Images and containers of one test, in a folder of its own. */
export interface Images {
  readonly folder: string
  buildah(...words: string[]): Promise<string>
}

export function imagesIn(folder: string): Images {
  const places = [
    '--root',
    join(folder, 'store'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'vfs',
  ]
  return {
    folder,
    async buildah(...words) {
      const { stdout } = await run('buildah', [...places, ...words], { maxBuffer: 1 << 26 })
      return stdout.trim()
    },
  }
}

/** A base image, made without a network, that holds the Node of this machine with the libraries that it loads, and nothing else. */
export async function makeBase({ folder, buildah }: Images, name: string): Promise<void> {
  const files = join(folder, 'base')
  const put = (source: string, place = source) => {
    mkdirSync(dirname(join(files, place)), { recursive: true })
    copyFileSync(realpathSync(source), join(files, place))
    chmodSync(join(files, place), 0o755)
  }
  put(process.execPath, '/usr/local/bin/node')
  const needed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
  for (const [library] of needed.matchAll(/\/\S+/g)) put(library)
  for (const place of ['proc', 'dev', 'tmp']) mkdirSync(join(files, place), { recursive: true })
  writeFileSync(join(folder, 'Basefile'), 'FROM scratch\nCOPY base/ /\nENV PATH=/usr/local/bin\n')
  const flags = ['--isolation', 'chroot', '--layers=false']
  await buildah('build', ...flags, '-t', name, '-f', join(folder, 'Basefile'), folder)
}
