import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Tests start the command some hundred times, from its sources. With Node's cache of compiled code a start takes half of the
// processor; workers and whatever they start inherit it from here.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled')

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'bench/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    // Tests start servers, databases and child processes: a process each, two at a time, keeps them apart and the
    // machine usable.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
