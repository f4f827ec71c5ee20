// A reporter for vitest that leaves the totals of a run in the file named by TOTALS_FILE.
import { writeFileSync } from 'node:fs'

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export
export default function totals() {
  return {
    onTestRunEnd(modules) {
      const count = { passed: 0, failed: 0, skipped: 0 }
      for (const module of modules) {
        let failed = 0
        for (const test of module.children.allTests()) {
          const { state } = test.result()
          if (state === 'failed') failed += 1
          count[state === 'pending' ? 'skipped' : state] += 1
        }
        // A file that fails outside its tests (it does not load, a hook throws) must not look like a pass.
        if (failed === 0 && module.state() === 'failed') count.failed += 1
      }
      writeFileSync(process.env.TOTALS_FILE, JSON.stringify(count))
    },
  }
}
