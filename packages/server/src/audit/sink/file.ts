import { type FileHandle, open } from 'node:fs/promises'
import { exportedLine } from '../export.ts'
import type { AuditSink } from './sink.ts'

/**
 * A file that lines of JSON are added to. It is opened anew each time, so a program that rotates logs may rename it at any
 * time. A line that a full disk or the end of the process cut in two is followed by a line break, and comes again.
 */
export function fileSink(path: string): AuditSink {
  return Object.freeze<AuditSink>({
    name: `file:${path}`,
    async send(entries) {
      // To read as well: the last byte is looked at.
      const file = await open(path, 'a+', 0o600)
      try {
        const text = entries.map((one) => `${exportedLine(one)}\n`).join('')
        await file.appendFile((await endsInALine(file)) ? text : `\n${text}`)
        await file.sync()
      } finally {
        await file.close()
      }
    },
  })
}

async function endsInALine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return true
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === 0x0a
}
