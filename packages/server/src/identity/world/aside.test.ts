import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { readWorldAside } from './aside.ts'
import { readWorld } from './declared.ts'

const users = (n: number) =>
  `accounts:\n  - name: main\n    users:\n${Array.from({ length: n }, (_, i) => `      - {name: user-${i}, accessKeys: [{id: KEY-${i}, secret: a-given-secret}]}\n`).join('')}`
const problemOf = (reading: Promise<unknown>) =>
  reading.then(
    () => 'read',
    (error) => (error instanceof Refusal ? error.problem : error),
  )

describe('a world read aside', () => {
  it.each([3, 400])('is the world that is read here (%i users)', async (n) => {
    expect(await readWorldAside(users(n))).toEqual(readWorld(users(n)))
  })

  it('has the same mistakes at the same places', async () => {
    const text = `${users(400)}    groups: [{name: g, members: [nobody]}]\n`
    expect(await problemOf(readWorldAside(text))).toMatchObject({
      code: 'InvalidWorld',
      findings: [{ path: 'accounts[0].groups[0].members[0]', line: 404, column: 34 }],
    })
  })

  it('however long it takes, does not hold up the loop', async () => {
    const text = `accounts: [${'{a: 1},'.repeat(30_000)}]`
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const started = performance.now()
    const problem = await problemOf(readWorldAside(text))
    const took = performance.now() - started
    delay.disable()
    expect(problem).toMatchObject({ code: 'InvalidWorld' })
    // Of a file that is wrong throughout, the first mistakes are reported.
    expect((problem as { findings: unknown[] }).findings).toHaveLength(501)
    // Read on the loop, it would be held up for all of `took` at once.
    expect(delay.max / 1e6).toBeLessThan(took / 2)
  })

  it.each(['[],', '{a: 1},', '- a\n', '*a,', '"",', '!a b,', '-\n', '- ', '@,\n', '%A\n'])(
    'has a bound on its parts, before they are parsed: %j, again and again',
    (part) => {
      const text = `accounts: [${part.repeat(2_900_000 / part.length)}]`
      const message = 'the file has too many parts'
      expect(() => readWorld(text)).toThrow(
        expect.objectContaining({
          problem: { code: 'InvalidWorld', findings: [{ path: '', line: 1, column: 1, message }] },
        }),
      )
    },
  )

  it('is refused when it takes too much time', async () => {
    expect(await problemOf(readWorldAside(users(400), 1))).toEqual({
      code: 'InvalidWorld',
      findings: [{ path: '', line: 1, column: 1, message: 'the file takes too much time to read' }],
    })
  })

  it('waits its turn, and is refused when too many wait', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => problemOf(readWorldAside(users(200), 1))),
    )
    expect(outcomes.filter((p) => p.code === 'Overloaded')).toHaveLength(20 - 1 - 16)
    expect(outcomes.filter((p) => p.code === 'InvalidWorld')).toHaveLength(1 + 16)
  })
})
