import { resolve } from 'node:path'
import { makeBackup } from '@keyward/server/offline'
import type { Command } from './command.ts'
import { asJson, wantsJson } from './flags.ts'
import { databaseFile, explained, folderFlags, folderSettings } from './folder.ts'
import { json } from './io.ts'

const POSTGRES =
  'the database is PostgreSQL: back it up with its own tools (`pg_dump --format=custom`), and prove the copy with `keyward verify --database URL`'

/** Copies the database into one file. */
export const backup: Command = {
  name: 'backup',
  usage: 'FILE',
  about:
    'Copies the database of a service into FILE, while the service runs or not. Every write that was acknowledged before the command began is in the copy. The copy is checked before it gets its name; a file that is there already is never overwritten. The root key is not in it: keep it elsewhere.\nA plain copy of the database file is no backup: it lacks what is still in the log file beside it. A PostgreSQL database is backed up by its own tools.',
  examples: [
    ['keyward backup /backups/keyward-2026-11-29.db', 'the database of ./data'],
    ['keyward verify /backups/keyward-2026-11-29.db', 'prove that it can be used'],
  ],
  flags: [...folderFlags, asJson],
  words: [1, 1],
  async run(line, io) {
    const settings = folderSettings(line, io)
    const database = databaseFile(settings, POSTGRES)
    const file = resolve(io.folder, line.words[0]!)
    const report = await explained(() =>
      makeBackup({
        database,
        file,
        onProgress: (written, total) => io.status(`${megabytes(written)} of about ${megabytes(total)}`),
      }),
    ).finally(() => io.status(''))
    if (wantsJson(line, io)) io.out(json(io, report))
    else {
      io.out(`backed up to ${report.file} (${megabytes(report.bytes)}), as of ${report.madeAt}`)
      io.out(`prove it with: keyward verify ${line.words[0]}`)
    }
    return 0
  },
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
