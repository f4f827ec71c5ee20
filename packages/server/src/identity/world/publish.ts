import { writeFileSync } from 'node:fs'
import { publishedWorldSchema } from './schema.ts'

/** Where the schema of the apply file is published; a test fails when it is not what `schema.ts` says. */
export const PUBLISHED_SCHEMA = new URL('../../../world.schema.json', import.meta.url)

if (import.meta.main) writeFileSync(PUBLISHED_SCHEMA, publishedWorldSchema())
