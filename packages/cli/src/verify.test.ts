import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyward } from './testing/io.ts'
import { startService } from './testing/service.ts'

let folder: string
const inFolder = (...argv: string[]) => keyward(argv, { folder })

beforeAll(async () => {
  const service = await startService()
  folder = service.folder
  // For the log to have entries.
  for (let i = 0; i < 3; i += 1) await inFolder('call', 'kms', 'ListKeys')
  await service.stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A copy of the data folder after a statement. */
function changed(name: string, statement: string): string {
  cpSync(join(folder, 'data'), join(folder, name), { recursive: true })
  const db = new DatabaseSync(join(folder, name, 'keyward.db'))
  db.exec(statement)
  db.close()
  return name
}

describe('keyward verify', () => {
  it('says that a folder is intact, in words and as JSON that --expect takes', async () => {
    const { exitCode, out, err } = await inFolder('verify')
    expect([exitCode, err]).toEqual([0, ''])
    const report = JSON.parse(out)
    expect(report).toMatchObject({ intact: true, damage: [], sealed: 1 })
    writeFileSync(join(folder, 'report.json'), out)
    expect((await inFolder('verify', 'data', '--expect', 'report.json')).exitCode).toBe(0)
    expect((await inFolder('audit', 'verify', '--expect', 'report.json')).exitCode).toBe(0)
    const shown = await keyward(['verify'], {
      folder,
      person: { answers: [] },
      environment: { NO_COLOR: '1' },
    })
    expect(shown.out).toMatch(/^intact\n1 sealed entities, all of which open\n/)
  })

  it('comes with an export of the audit, a line an entry, from any place on', async () => {
    const { exitCode, out, err } = await inFolder('audit', 'export')
    expect([exitCode, err]).toEqual([0, ''])
    const lines = out.trimEnd().split('\n')
    const [first, ...rest] = lines.map((line) => JSON.parse(line))
    expect(first).toMatchObject({ chain: 'main', batch: 1, entry: 1, value: { outcome: 'Success' } })
    const after = await inFolder('audit', 'export', '--after', 'main/1/1')
    expect(after.out.trimEnd().split('\n').filter(Boolean)).toHaveLength(rest.length)
    expect(await inFolder('audit', 'export', '--after', 'main')).toMatchObject({ exitCode: 2 })
  })

  it('exits with 6 for what is damaged, names it and says what to do', async () => {
    const data = changed('damaged', 'update access_keys set sealed_secret = zeroblob(60)')
    const { exitCode, err } = await inFolder('verify', data)
    expect(exitCode).toBe(6)
    expect(err).toMatch(
      /table `access_keys`, row `LTAI\w+` \(access key\): what is sealed in `sealed_secret` does not open/,
    )
    expect(err).toMatch(/to do: .*keyward restore/)
  })

  it('exits with 7 for an audit log that was tampered with', async () => {
    const data = changed('tampered', 'update audit_chains set seal = zeroblob(32)')
    const { exitCode, err } = await inFolder('verify', data)
    expect(exitCode).toBe(7)
    expect(err).toMatch(/audit: .*its sealed head was altered/)
    expect((await inFolder('audit', 'verify', '--data', data)).exitCode).toBe(1)
  })

  it('exits with 2 for what is not there, and takes a file, a folder or an address', async () => {
    expect(await inFolder('verify', 'nowhere')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('no folder and no file'),
    })
    expect((await inFolder('verify', 'data', '--database', 'sqlite:x.db')).exitCode).toBe(2)
    expect((await inFolder('verify', 'data', '--root-key', 'none')).err).toContain('there is no root key')
    const without = await inFolder('verify', 'data/keyward.db', '--root-key', 'none', '--no-root-key')
    expect([without.exitCode, JSON.parse(without.out).sealed]).toEqual([0, undefined])
  })
})

describe('keyward backup and restore', () => {
  it('make one file and put it back, and refuse to overwrite', async () => {
    const made = await inFolder('backup', 'one.db')
    expect([made.exitCode, JSON.parse(made.out).file]).toEqual([0, join(folder, 'one.db')])
    expect(await inFolder('backup', 'one.db')).toMatchObject({ exitCode: 1, out: '' })
    const proof = await inFolder('verify', 'one.db')
    expect([proof.exitCode, JSON.parse(proof.out).backup.madeAt]).toEqual([0, JSON.parse(made.out).madeAt])
    expect((await inFolder('restore', 'one.db')).err).toContain('is not empty')
    const put = await keyward(['restore', 'one.db', '--data', 'new'], { folder, person: { answers: [] } })
    expect(put.exitCode).toBe(0)
    expect(put.out).toContain(`now put the root key of that time to ${join(folder, 'new', 'root.key')}`)
    const other = await inFolder('backup', 'x.db', '--database', 'postgres://host/db')
    expect([other.exitCode, other.err]).toEqual([2, expect.stringContaining('pg_dump')])
  })

  it('do not take a plain copy for a backup, though everything in it opens', async () => {
    cpSync(join(folder, 'data', 'keyward.db'), join(folder, 'copy.db'))
    const { exitCode, out, err } = await inFolder('verify', 'copy.db')
    expect([exitCode, JSON.parse(out).sealed]).toEqual([6, 1])
    expect(err).toContain('was not made by `keyward backup`')
    expect(err).not.toContain('put back')
  })

  it('say of a file that is no database what it is', async () => {
    writeFileSync(join(folder, 'text.db'), 'text '.repeat(1000))
    const { exitCode, err } = await inFolder('restore', 'text.db', '--data', 'other')
    expect(exitCode).toBe(1)
    expect(err).toMatch(/`.*text\.db` is damaged: file is not a database/)
    expect((await inFolder('verify', 'text.db')).exitCode).toBe(6)
  })
})
