import { createRequire } from 'node:module'

/** The version of this package; read by its own name, since its files lie elsewhere once they are published. */
export const serverVersion: string = createRequire(import.meta.url)('@keyward/server/package.json').version
