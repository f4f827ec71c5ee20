import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningService, startService } from '../packages/cli/src/testing/service.ts'

/** Runs the commands of docs/backup.md in their order, beside a service that runs. */
const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/backup.md'), 'utf8')
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text)
const bin = join(root, 'packages/cli/src/main.ts')

let folder: string
let service: RunningService
const outputs: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-backup-page-'))
  service = await startService([], folder)
  for (const name of ['backups', 'safe']) mkdirSync(join(folder, name))
  const keyward = `keyward() { "${process.execPath}" "${bin}" "$@"; }`
  for (const text of commands) {
    writeFileSync(join(folder, 'page.sh'), `set -e\n${keyward}\n${text}`)
    const { stdout } = await promisify(execFile)('bash', ['page.sh'], { cwd: folder })
    outputs.push(stdout)
  }
}, 60_000)
afterAll(async () => {
  await service?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

describe('the page on backup and restore', () => {
  test('has commands, and all of them succeed', () => {
    expect(commands.length).toBeGreaterThanOrEqual(5)
    expect(outputs).toHaveLength(commands.length)
    expect(outputs.filter((text) => text.includes('"intact":true'))).not.toEqual([])
  })

  test('leaves a folder that a service starts on', async () => {
    expect(existsSync(join(folder, 'restored', 'keyward.db'))).toBe(true)
    const again = await startService(['--data', 'restored'], folder)
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200)
    expect(again.log()).toContain('put back from a backup')
    expect(await again.stop()).toBe(0)
  })
})
