import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { held } from './signals.ts'
import { answers, cleanUp, launch } from './testing/launch.ts'

// Real processes and real signals, by every way in which the service is started.

afterEach(cleanUp)

const isLinux = process.platform === 'linux'

describe.each(['program', 'replaced', 'launcher'] as const)('started as %s', (way) => {
  test('no signal that means nothing ends it or opens a debugger; SIGHUP neither', async () => {
    const service = await launch(way)
    for (const signal of [
      ...held,
      'SIGHUP',
      'SIGPIPE',
      'SIGWINCH',
      'SIGURG',
      'SIGCONT',
      'SIGCHLD',
    ] as const) {
      process.kill(-service.child.pid!, signal)
      await delay(10)
    }
    // The last signal was handled when a later one was.
    while (!service.log().includes('reload')) await delay(20)
    expect(await answers(service.url)).toBe(true)
    expect(service.log()).not.toMatch(/debugger|inspector/i)
    if (isLinux && way !== 'launcher') {
      // A core dump of it would hold none of its memory.
      const filter = readFileSync(`/proc/${service.child.pid}/coredump_filter`, 'utf8')
      expect(Number.parseInt(filter, 16)).toBe(0)
      // None is written at all, of what it starts neither.
      const limits = readFileSync(`/proc/${service.child.pid}/limits`, 'utf8')
      expect(limits).toMatch(/^Max core file size +0 +0 /m)
    }
    process.kill(-service.child.pid!, 'SIGQUIT')
    expect(await service.ended()).toBe(0)
  })
})

test.each([
  ['launcher', 'SIGTERM'],
  ['launcher', 'SIGINT'],
  ['replaced', 'SIGTERM'],
] as const)(
  '%s: %s to the whole group finishes what is in flight, and what has just arrived',
  async (way, signal) => {
    const service = await launch(way)
    const calls = Array.from({ length: 2 }, () => service.slowCall())
    await delay(100)
    process.kill(-service.child.pid!, signal)
    // Once more, as a launcher above would pass it on.
    service.child.kill(signal)
    expect(await Promise.all(calls)).toEqual([200, 200])
    expect(await service.ended()).toBe(0)
  },
)

test('callers that had connected and sent while it could not run are answered', async () => {
  const service = await launch('replaced')
  service.child.kill('SIGSTOP')
  const asked = Array.from({ length: 20 }, () =>
    fetch(`${service.url}/healthz`).then((answer) => answer.status),
  )
  await delay(200)
  service.child.kill('SIGTERM')
  service.child.kill('SIGCONT')
  expect(new Set(await Promise.all(asked))).toEqual(new Set([200]))
  expect(await service.ended()).toBe(0)
})

test.each(['launcher', 'npm', 'npx'] as const)(
  'kill -9 of what stands before it (%s) stops the server',
  async (way) => {
    const service = await launch(way)
    const call = service.slowCall()
    await delay(50)
    service.child.kill('SIGKILL')
    expect(await call).toBe(200)
    await service.gone()
  },
)

test('it goes on when nobody reads its streams any more', async () => {
  const service = await launch('replaced')
  service.child.stderr!.destroy()
  service.child.stdout!.destroy()
  for (let i = 0; i < 3; i++) {
    service.child.kill('SIGHUP')
    await delay(30)
  }
  expect(await answers(service.url)).toBe(true)
})

test.runIf(isLinux)('a terminal that is closed stops it', async () => {
  // `script` gives a command a terminal, which goes when `script` goes.
  const service = await launch('terminal')
  service.child.kill('SIGKILL')
  await service.gone()
})
