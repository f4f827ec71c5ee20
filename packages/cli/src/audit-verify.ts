import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type AuditReport,
  findingText,
  type NotedHead,
  openStore,
  readKeyring,
  verifyAudit,
} from '@keyward/server/offline'
import { readJson } from './client/profile.ts'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import { type CommandLine, type Flag, wantsJson } from './flags.ts'
import { explained, folderFlags, folderSettings } from './folder.ts'
import { type Io, json, paint } from './io.ts'

/** The folder of what left the database. */
export const archiveFlag: Flag = {
  name: 'archive',
  type: 'text',
  value: 'FOLDER',
  description:
    'Folder of entries that left the database when they were old enough (`--audit-retention`): they are verified too.',
}

/** Verifies the audit log without the service. */
export const auditVerify: Command = {
  name: 'audit verify',
  usage: '[--expect REPORT] [--archive FOLDER]',
  about:
    'Reads the audit log in the database and checks every entry against its chain and its seal, with the root key and without the service, which may run or not. Exits with 1 when something was altered, removed, swapped or cut off, and says what.\nIt is the last part of `keyward verify`, alone.\nA database that was put back whole to an earlier state looks intact. It is noticed with a report of an earlier time, kept elsewhere: what that report saw must still be there.',
  examples: [
    ['keyward audit verify', 'the log of ./data'],
    ['keyward audit verify --json > report.json', 'keep a report elsewhere'],
    ['keyward audit verify --expect report.json', 'and compare with it later'],
    ['keyward audit verify --archive data/audit-archive', 'also what left the database'],
  ],
  flags: [
    ...folderFlags,
    {
      name: 'expect',
      type: 'text',
      value: 'REPORT',
      description: 'An earlier report (JSON) whose chain heads must still be there.',
    },
    archiveFlag,
    { name: 'json', type: 'switch', description: 'Print the report as JSON also on a terminal.' },
  ],
  words: [0, 0],
  async run(line, io) {
    const settings = folderSettings(line, io)
    const { database } = settings
    if (database.kind === 'sqlite' && !existsSync(database.path)) {
      throw misused(`there is no database \`${database.path}\`; name its folder with \`--data\``)
    }
    const expectHeads = headsOf(line.text('expect'), io)
    const archive = archiveOf(line, io)
    const report = await explained(async () => {
      const url = database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url
      const store = await openStore(url, { readOnly: true })
      try {
        // With another root key it stops here: every entry would look altered.
        const keyring = await readKeyring(store.read, settings.rootKey)
        return await verifyAudit(store, keyring, { expectHeads, ...archive })
      } finally {
        await store.close()
      }
    })
    if (wantsJson(line, io)) io.out(json(io, report))
    else for (const row of described(report, io)) io.out(row)
    if (!report.intact && !io.person.reads) {
      for (const finding of report.findings) io.err(`keyward: ${findingText(finding)}`)
    }
    return report.intact ? 0 : 1
  },
}

export function archiveOf(line: CommandLine, io: Io): { readonly archive?: string } {
  const folder = line.text('archive')
  if (folder === undefined) return {}
  const archive = resolve(io.folder, folder)
  if (!existsSync(archive)) throw misused(`--archive: there is no folder \`${folder}\``)
  return { archive }
}

/** The heads that an earlier report saw. */
export function headsOf(file: string | undefined, io: Io): readonly NotedHead[] {
  if (file === undefined) return []
  const { chains } = readJson(
    resolve(io.folder, file),
    'make one with: keyward audit verify --json',
  ) as Partial<AuditReport>
  const heads = Array.isArray(chains) ? chains.flatMap(({ head }) => head ?? []) : []
  if (heads.length === 0) throw misused(`\`${file}\` is not a report of \`keyward audit verify --json\``)
  return heads
}

function described(report: AuditReport, io: Io): string[] {
  const { intact, chains, entries, pending, findings } = report
  const verdict = intact
    ? paint(io, 'green', 'intact')
    : paint(io, 'red', `tampered with: ${findings.length} finding${findings.length === 1 ? '' : 's'}`)
  return [
    verdict,
    ...findings.map((finding) => `  ${findingText(finding)}`),
    `${entries} entries in ${chains.length} chain${chains.length === 1 ? '' : 's'}${pending > 0 ? `, ${pending} waiting to be chained` : ''}`,
    ...chains.map(({ chain, entries: count, floor, head }) => {
      const end = head ? `head ${head.sequence} ${head.hash.slice(0, 16)}` : 'no genuine head'
      const left = floor === undefined ? '' : `  up to batch ${floor} in the archive`
      return paint(io, 'dim', `  ${chain}  ${count} entries  ${end}${left}`)
    }),
  ]
}
