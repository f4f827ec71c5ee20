import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/postgres.ts'

/** A kind of database that tests run on. */
export interface TestDatabase {
  readonly name: 'sqlite' | 'postgres'
  /** True where the machine does not have it: its tests are shown as skipped. */
  readonly missing: boolean
  /** The address of a new, empty database. */
  fresh(): Promise<string>
  /** PostgreSQL only. */
  readonly server?: TestPostgres
}

/** Both kinds. Called at the top of a test file; everything is cleaned up after its tests. */
export async function testDatabases(): Promise<readonly TestDatabase[]> {
  const server = await startPostgres()
  const folder = mkdtempSync(join(tmpdir(), 'keyward-store-'))
  let count = 0
  afterAll(async () => {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return [
    {
      name: 'sqlite',
      missing: false,
      fresh: async () => {
        count += 1
        return `sqlite:${join(folder, `${count}`, 'keyward.db')}`
      },
    },
    {
      name: 'postgres',
      missing: server === undefined,
      fresh: async () => server!.createDatabase(),
      ...(server ? { server } : {}),
    },
  ]
}
