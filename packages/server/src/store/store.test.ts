import { describe } from 'vitest'
import { storeConformance } from './testing/conformance.ts'
import { testDatabases } from './testing/databases.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`store on ${database.name}`, () => storeConformance(database))
}
