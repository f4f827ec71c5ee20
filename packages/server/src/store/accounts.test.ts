import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

// A write that names no accounts runs beside those of any account, in a SERIALIZABLE transaction of its own on PostgreSQL.
// What it decides by must be no account's. So who writes so is a closed list.

const SOURCE = new URL('../', import.meta.url)

/** File, and why its writes need no account's lock. */
const WITHOUT: Readonly<Record<string, string>> = {
  'audit/log.ts': 'chains of the audit, one process each',
  'identity/last-used.ts': 'times of last use, by which nothing is decided',
  'jobs/claim.ts': 'leases of jobs; a step takes the accounts of its body',
  'kms/uses.ts': 'counts the uses of a key version by one conditional statement',
  'serve/keyring/carry-over.ts': 'seals rows anew, each only if it is still what was read',
  'serve/keyring/open.ts': 'the keyring, by its version',
  'serve/root-key.ts': 'the check value of the root key',
  'store/clock/watch.ts': 'clocks of processes',
  'store/meta.ts': 'one row that the first process writes',
  'store/migrate.ts': 'the schema, under its own lock',
  'store/nonces.ts': 'the floor of nonces, which only rises',
}

describe('writes that name no accounts', () => {
  it('are in these files alone', () => {
    const found = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing/'))
      .filter((name) => {
        const text = readFileSync(new URL(name, SOURCE), 'utf8')
        const calls = text.split(/\b(?:store|parts)\.write\(/).slice(1)
        // What stands between one call and the next, or the end: where it names accounts, that is this call's.
        return calls.some((rest) => !/^body, how\)|\baccounts: /.test(rest.slice(0, 400)))
      })
    expect(found.sort()).toEqual(Object.keys(WITHOUT).sort())
  })
})
