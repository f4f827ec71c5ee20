import { existsSync } from 'node:fs'
import { exportAudit, exportedLine, followAudit, openStore, readPosition } from '@keyward/server/offline'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import { explained, folderFlags, folderSettings } from './folder.ts'

/** Writes the audit log out, for another system to keep. */
export const auditExport: Command = {
  name: 'audit export',
  usage: '[--after CHAIN/BATCH/ENTRY]... [--follow]',
  about:
    'Writes every entry of the audit log as one JSON line, with its place: the chain, the number and the hash of its batch, and its number in the batch. It reads the database, without the service, which may run or not.\nWho goes on from the last place that they have written down gets every entry at least once: `--after` takes that place, once for each chain. On SQLite there is one chain, `main`; on PostgreSQL each process has its own.\nIt proves nothing by itself: `keyward audit verify` does.',
  examples: [
    ['keyward audit export > audit.jsonl', 'everything that is there'],
    [
      'keyward audit export --after main/1200/3 --follow',
      'what came after that entry, and what is still to come',
    ],
  ],
  flags: [
    ...folderFlags,
    {
      name: 'after',
      type: 'list',
      value: 'CHAIN/BATCH/ENTRY',
      description: 'Only what comes after this entry of its chain. Once for each chain.',
    },
    {
      name: 'follow',
      type: 'switch',
      description: 'Goes on with what is written later, until it is stopped.',
    },
  ],
  words: [0, 0],
  async run(line, io) {
    const { database } = folderSettings(line, io)
    if (database.kind === 'sqlite' && !existsSync(database.path))
      throw misused(`there is no database \`${database.path}\`; name its folder with \`--data\``)
    const after = (line.flags.get('after') ?? []).map((text) => {
      const place = readPosition(text)
      if (place) return place
      throw misused(`--after: \`${text}\` is not a place such as \`main/1200/3\``)
    })
    await explained(async () => {
      const url = database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url
      const store = await openStore(url, { readOnly: true })
      try {
        const entries = line.has('follow') ? followAudit(store.read, after) : exportAudit(store.read, after)
        for await (const one of entries) io.out(exportedLine(one))
      } finally {
        await store.close()
      }
    })
    return 0
  },
}
