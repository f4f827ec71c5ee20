// Loaded into a server under measurement: on SIGUSR2 it collects its garbage and writes how large the heap is, in bytes.
import { renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

process.on('SIGUSR2', () => {
  globalThis.gc()
  const file = join(tmpdir(), `keyward-bench-heap-${process.pid}`)
  writeFileSync(`${file}.new`, String(process.memoryUsage().heapUsed))
  renameSync(`${file}.new`, file)
})
