/**
 * A child process for the crash test: writes effects with their entries, and reads, from many callers at once, and
 * says on standard output what was acknowledged. It goes on until it is killed.
 *
 * Arguments: address of the database, chain, prefix of its ids.
 */
import { writeSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { writeMeta } from '../../store/meta.ts'
import { openStore } from '../../store/open.ts'
import { createAuditLog } from '../log.ts'
import { testEntry, testNonce, testSealKeys } from './entries.ts'

const [url, chainId, prefix] = process.argv.slice(2) as [string, string, string]
const store = await openStore(url)
const audit = await createAuditLog({ store, sealKeys: testSealKeys, clock: systemClock, chainId })
let count = 0

async function caller(number: number): Promise<void> {
  for (;;) {
    count += 1
    const id = `${prefix}-${count}`
    if (number % 3 === 0) {
      await audit.record(testEntry(`read ${id}`, { operation: 'read' }), testNonce())
      // Synchronous: what was said before the kill has left the process.
      writeSync(1, `read ${id}\n`)
    } else {
      await store.write(async (tx) => {
        await writeMeta(tx, `write ${id}`, 'x')
        await audit.recordIn(tx, testEntry(`write ${id}`, { operation: 'write' }), testNonce())
      })
      writeSync(1, `write ${id}\n`)
    }
  }
}

await Promise.all(Array.from({ length: 12 }, (_, i) => caller(i)))
