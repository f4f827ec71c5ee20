import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readVariable } from './secret-run.ts'
import { keyward } from './testing/io.ts'
import { type RunningService, startService } from './testing/service.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService()
  const make = (...words: string[]) => run('call', 'kms', 'CreateSecret', 'VersionId=v1', ...words)
  const json = '{"user":"shop","password":"p ä$\\"x","port":5432,"nested":{}}'
  expect((await make('SecretName=shop/db', `SecretData=${json}`)).exitCode).toBe(0)
  expect((await make('SecretName=plain', 'SecretData=two words\nand a line')).exitCode).toBe(0)
})
afterAll(() => service.remove())

const run = (...line: string[]) =>
  keyward(line, { folder: service.folder, environment: { PATH: process.env.PATH ?? '', KEPT: 'yes' } })

/** Runs a program that writes its environment into a file. */
async function environment(...flags: string[]): Promise<Record<string, string>> {
  const program = ['-e', 'require("fs").writeFileSync("env.json", JSON.stringify(process.env))']
  const { err, exitCode } = await run('secret', 'run', ...flags, '--', process.execPath, ...program)
  expect([exitCode, err]).toEqual([0, ''])
  return JSON.parse(readFileSync(join(service.folder, 'env.json'), 'utf8'))
}

it('puts values and members of values into the environment of a program', async () => {
  const seen = await environment(
    ...[
      '--env',
      'A=plain',
      '--env',
      'B=shop/db:password',
      '--env',
      'C=shop/db:port',
      '--env',
      'KEPT=shop/db:user',
    ],
  )
  expect(seen).toMatchObject({ A: 'two words\nand a line', B: 'p ä$"x', C: '5432', KEPT: 'shop' })
  expect((await environment('--env', 'A=plain')).KEPT).toBe('yes')
})

it('ends as the program ends', async () => {
  const flags = ['--env', 'A=plain', '--']
  expect((await run('secret', 'run', ...flags, process.execPath, '-e', 'process.exit(77)')).exitCode).toBe(77)
  const killed = 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 9999)'
  expect((await run('secret', 'run', ...flags, process.execPath, '-e', killed)).exitCode).toBe(143)
  const missing = await run('secret', 'run', ...flags, '/none/such')
  expect([missing.exitCode, missing.err]).toEqual([1, 'keyward: `/none/such` cannot be run: ENOENT'])
})

it('starts nothing when a secret cannot be read, and says no value', async () => {
  const never = ['--', process.execPath, '-e', 'require("fs").writeFileSync("never", "")']
  for (const [flag, sentence] of [
    ['A=none', 'Resource not found'],
    ['A=shop/db:none', 'no JSON object with a text `none`'],
    ['A=shop/db:nested', 'no JSON object with a text `nested`'],
    ['A=plain:x', 'no JSON object'],
  ] as const) {
    const { err, exitCode } = await run('secret', 'run', '--env', 'B=shop/db', '--env', flag, ...never)
    expect([flag, exitCode]).toEqual([flag, 1])
    expect(err).toContain(sentence)
    expect(err).not.toMatch(/5432|two words/)
  }
  expect((await run('secret', 'run', ...never)).exitCode).toBe(2)
  expect((await run('secret', 'run', '--env', '=x', ...never)).exitCode).toBe(2)
  expect((await run('secret', 'run', '--env', 'A=plain')).exitCode).toBe(2)
  expect(() => readFileSync(join(service.folder, 'never'))).toThrow('ENOENT')
})

it('reads a name, an ARN and a member', () => {
  expect(readVariable('A=acs:kms:cn-hangzhou:123:secret/a/b:c')).toEqual({
    variable: 'A',
    secret: 'acs:kms:cn-hangzhou:123:secret/a/b',
    member: 'c',
  })
  expect(readVariable('A_1=a=b')).toEqual({ variable: 'A_1', secret: 'a=b', member: undefined })
})
