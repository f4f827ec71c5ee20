import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestClock } from '../../src/base/clock.ts'
import type { RootCredentials } from '../../src/serve/credentials.ts'
import { createLog } from '../../src/serve/log.ts'
import { startServer } from '../../src/serve/server.ts'
import { readSettings } from '../../src/serve/settings-read.ts'
import { callOver, type TestService } from '../service.ts'

/** Asked before each step of a rotation; what follows the step waits for the answer. */
export type OnStep = (secretId: string, step: string) => Promise<void>

/** One life of a server over a folder and a database, until it dies. */
export interface Life extends Pick<TestService, 'call' | 'root'> {
  /** Moves the clock, and does not wait for what is due then. */
  advance(ms: number): Promise<void>
  /** The end without a word: nothing of a rotation happens after it. */
  die(): Promise<void>
}

export interface Place {
  readonly data: string
  /** `sqlite:` in the folder when absent. */
  readonly database?: string
}

const flagsOf = ({ data, database }: Place): Record<string, string> => ({
  listen: '127.0.0.1:0',
  data,
  'log-level': 'fatal',
  'test-clock': 'true',
  ...(database === undefined ? {} : { database }),
})

const rootOf = ({ data }: Place) =>
  JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials

/** A server in this process. It dies by a step that throws; every later one does too. */
export async function lifeHere(place: Place, onStep: OnStep): Promise<Life> {
  const flags = new Map(Object.entries(flagsOf(place)).map(([name, value]) => [name, [value]]))
  const { settings, problems } = readSettings({ flags, environment: {}, folder: place.data })
  if (problems) throw new Error(problems.join('\n'))
  let tellDead = () => {}
  let dead = false
  const death = new Promise<void>((resolve) => {
    tellDead = resolve
  })
  const service = await startServer(settings, {
    log: createLog('fatal'),
    async onRotationStep({ secretId }, step) {
      if (!dead) await Promise.race([onStep(secretId, step), death])
      if (dead) throw new Error('the process is dead')
    },
  })
  const root = rootOf(place)
  const call: Life['call'] = (who, name, input) => callOver(service.url, who, name, input)
  return {
    root,
    call,
    async advance(ms) {
      ;(service.clock as TestClock).advance(ms)
      look(call, root)
    },
    async die() {
      dead = true
      tellDead()
      await service.close()
    },
  }
}

/** Has the service look at what is due now: what moved is a millisecond. */
function look(call: Life['call'], root: RootCredentials): void {
  call(root, 'keyward:AdvanceClock', { Milliseconds: 1 }).catch(() => {})
}

/** A server in a process of its own, which dies by kill -9. */
export async function lifeOfItsOwn(place: Place, onStep: OnStep): Promise<Life> {
  const program = new URL('./process.ts', import.meta.url).pathname
  const what = JSON.stringify({ flags: flagsOf(place), folder: place.data })
  const child = spawn(process.execPath, [program, what], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const moved: (() => void)[] = []
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
    child.on('message', (said: Said) => {
      if (said.url !== undefined) return resolve(said.url)
      if (said.moved) return moved.shift()?.()
      const { asked = 0, secretId = '', step = '' } = said
      void onStep(secretId, step).then(() => child.connected && child.send({ go: asked }))
    })
  })
  const root = rootOf(place)
  const call: Life['call'] = (who, name, input) => callOver(url, who, name, input)
  return {
    root,
    call,
    async advance(advance) {
      child.send({ advance })
      await new Promise<void>((resolve) => moved.push(resolve))
      look(call, root)
    },
    die: () => killHard(child),
  }
}

/** What the process says: where it listens, that its clock moved, or a step that it is at. */
interface Said {
  readonly url?: string
  readonly moved?: boolean
  readonly asked?: number
  readonly secretId?: string
  readonly step?: string
}

async function killHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
