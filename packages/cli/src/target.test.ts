import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyward, type Surroundings } from './testing/io.ts'
import { type RunningService, startService } from './testing/service.ts'

// Targets as a person works with them, against a service in a process of its own.

let service: RunningService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service?.remove())

const run = (words: readonly string[], around: Surroundings = {}) =>
  keyward(words, { folder: service.folder, environment: { NO_COLOR: '1' }, ...around })
const usual = ['--engine', 'postgresql', '--address', 'db.example.net', '--administrator', 'keyward']

describe('keyward target', () => {
  test('add seals the password of a file or of standard input, and shows it never', async () => {
    const nothing = await run(['target', 'add', 'shop-db', ...usual])
    expect([nothing.exitCode, nothing.err]).toEqual([1, expect.stringContaining('AdministratorPassword')])
    writeFileSync(join(service.folder, 'admin.txt'), 'CANARY\n')
    const accounts = ['--account', 'shop', '--account', 'shop, quoted']
    const person = { person: { answers: [] } }
    const added = await run(
      ['target', 'add', 'shop-db', ...usual, '--password-file', 'admin.txt', ...accounts],
      person,
    )
    expect([added.exitCode, added.err]).toEqual([0, ''])
    expect(added.out).toContain('registered shop-db')
    const piped = await run(['target', 'add', 'other-db', ...usual, '--password-file', '-'], {
      input: 'CANARY',
    })
    expect(piped.exitCode).toBe(0)
    const shown = await run(['target', 'show', 'shop-db'])
    expect(JSON.parse(shown.out)).toMatchObject({ Port: 5432, Accounts: ['shop', 'shop, quoted'] })
    expect([added, piped, shown].map(({ out }) => out).join()).not.toContain('CANARY')
    const changed = await run(['target', 'add', 'shop-db', ...usual, '--account', 'shop'], person)
    expect([changed.exitCode, changed.out]).toEqual([0, expect.stringContaining('changed shop-db')])
  })

  test('list and remove, which asks where accounts are listed', async () => {
    const person = { person: { answers: ['n', 'y'] } }
    expect((await run(['target', 'list'], person)).out).toMatch(
      /^other-db {2}postgresql {2}db\.example\.net:5432 {2}-\nshop-db /,
    )
    expect((await run(['target', 'remove', 'other-db'])).exitCode).toBe(0)
    expect((await run(['target', 'remove', 'shop-db'])).exitCode).toBe(2)
    expect((await run(['target', 'remove', 'shop-db'], { person: { answers: ['n'] } })).exitCode).toBe(1)
    expect((await run(['target', 'remove', 'shop-db'], { person: { answers: ['y'] } })).exitCode).toBe(0)
    expect((await run(['target', 'show', 'shop-db'])).exitCode).toBe(1)
  })
})
