import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { readRootKeyFile, restoreBackup } from '@keyward/server/offline'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import { asJson, wantsJson } from './flags.ts'
import { explained, folderFlags, folderSettings } from './folder.ts'
import { json } from './io.ts'

/** Puts a backup into an empty folder. */
export const restore: Command = {
  name: 'restore',
  usage: 'FILE',
  about:
    'Puts a backup that `keyward backup` made into an empty data folder. Only the root key may lie there already; it is checked to be the one of the backup. The next start of the service says in its audit log that a backup was put back, and of which time.\nThe database is then as it was when the backup was made: keys, users and access keys that were deleted since are there again, and what was made since is gone.',
  examples: [
    [
      'keyward restore /backups/keyward-2026-11-29.db --data /srv/keyward',
      'put the root key to /srv/keyward/root.key before or after',
    ],
  ],
  flags: [...folderFlags, asJson],
  words: [1, 1],
  async run(line, io) {
    const settings = folderSettings(line, io)
    const { database } = settings
    if (database.kind !== 'sqlite') {
      throw misused(
        'the database is PostgreSQL: put it back with its own tools (`pg_restore`), and prove it with `keyward verify --database URL`',
      )
    }
    const hasKey = existsSync(settings.rootKey)
    const report = await explained(async () =>
      restoreBackup({
        file: resolve(io.folder, line.words[0]!),
        data: settings.data,
        database: database.path,
        rootKey: settings.rootKey,
        rootKeyCheck: hasKey ? readRootKeyFile(settings.rootKey).checkValue : undefined,
      }),
    )
    if (wantsJson(line, io)) {
      io.out(json(io, report))
      return 0
    }
    io.out(`restored to ${report.database}, as of ${report.madeAt}`)
    if (!hasKey) io.out(`now put the root key of that time to ${settings.rootKey} (mode 0600)`)
    io.out(`then see that all of it opens with: keyward verify ${settings.data}`)
    return 0
  },
}
