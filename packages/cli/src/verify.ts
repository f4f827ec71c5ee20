import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  advice,
  damageText,
  findingText,
  type VerifyOptions,
  type VerifyReport,
  verifyDatabase,
} from '@keyward/server/offline'
import { archiveFlag, archiveOf, headsOf } from './audit-verify.ts'
import type { Command } from './command.ts'
import { type ExitCode, misused } from './exit.ts'
import { asJson, type CommandLine, wantsJson } from './flags.ts'
import { explained, folderFlags, folderSettings } from './folder.ts'
import { type Io, json, paint } from './io.ts'

/** Verifies a data folder, a backup or a PostgreSQL database without the service. */
export const verify: Command = {
  name: 'verify',
  usage: '[FOLDER|FILE] [--expect REPORT] [--archive FOLDER]',
  about:
    'Checks a data folder, a backup file or a PostgreSQL database without the service, which may run or not, and changes nothing: the structure of the file, the schema, that what belongs together is there, the keyring, that everything sealed opens, and the audit log. Names the tables and rows that are damaged, and says what to do.\nExits with 6 when something is damaged, with 7 when only the audit log was tampered with. `keyward audit verify` is the last part of it alone.',
  examples: [
    ['keyward verify', 'the folder ./data'],
    ['keyward verify /backups/keyward-2026-11-29.db --root-key /safe/root.key', 'prove a backup'],
    ['keyward verify --database postgres://... --root-key root.key', 'a PostgreSQL database'],
  ],
  flags: [
    ...folderFlags,
    {
      name: 'no-root-key',
      type: 'switch',
      description: 'Check without the root key: neither what is sealed nor the audit.',
    },
    {
      name: 'expect',
      type: 'text',
      value: 'REPORT',
      description: 'An earlier report (JSON) whose audit chain heads must still be there.',
    },
    archiveFlag,
    asJson,
  ],
  words: [0, 1],
  async run(line, io) {
    const place = placeOf(line, io)
    const expectHeads = headsOf(line.text('expect'), io)
    const report = await explained(() =>
      verifyDatabase({
        ...place,
        ...archiveOf(line, io),
        expectHeads,
        onStep: (what) => io.status(`checking ${what}`),
      }),
    ).finally(() => io.status(''))
    if (wantsJson(line, io)) io.out(json(io, { ...report, chains: report.audit?.chains ?? [] }))
    else for (const row of described(report, io)) io.out(row)
    if (!report.intact && !io.person.reads) for (const row of problems(report)) io.err(`keyward: ${row}`)
    return exitOf(report)
  },
}

function exitOf({ intact, audit, damage }: VerifyReport): ExitCode {
  if (intact) return 0
  return damage.length === 0 && audit?.intact === false ? 7 : 6
}

/** What is to be verified: the word, where one is given, else what the settings say. */
function placeOf(line: CommandLine, io: Io): Pick<VerifyOptions, 'url' | 'rootKeyFile' | 'wantsBackup'> {
  const [word] = line.words
  const path = word === undefined ? undefined : resolve(io.folder, word)
  if (path !== undefined && !existsSync(path)) throw misused(`there is no folder and no file \`${word}\``)
  if (path !== undefined && line.has('database'))
    throw misused('give a folder, a file or `--database`, not several of them')
  const isFolder = path !== undefined && statSync(path).isDirectory()
  const settings = folderSettings(
    line,
    io,
    path === undefined
      ? {}
      : isFolder
        ? { data: path, database: `sqlite:${join(path, 'keyward.db')}` }
        : { database: `sqlite:${path}` },
  )
  const { database } = settings
  if (database.kind === 'sqlite' && !existsSync(database.path))
    throw misused(`there is no database \`${database.path}\`; name its folder, or a backup file`)
  const withKey = !line.has('no-root-key')
  if (withKey && !existsSync(settings.rootKey)) {
    throw misused(
      `there is no root key \`${settings.rootKey}\`; name it with \`--root-key\`, or check without it: \`--no-root-key\``,
    )
  }
  return {
    url: database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url,
    rootKeyFile: withKey ? settings.rootKey : undefined,
    // The lock of a server lies beside its own database, and beside no copy.
    wantsBackup: path !== undefined && !isFolder && !existsSync(`${path}.lock`),
  }
}

function problems({ damage, audit }: VerifyReport): readonly string[] {
  return [
    ...damage.map(damageText),
    ...(audit?.findings ?? []).map((finding) => `audit: ${findingText(finding)}`),
    ...advice(damage, audit?.intact === false).map((text) => `to do: ${text}`),
  ]
}

function described(report: VerifyReport, io: Io): readonly string[] {
  const { intact, sealed, audit, backup } = report
  const lines = [intact ? paint(io, 'green', 'intact') : paint(io, 'red', 'not intact')]
  if (!intact) lines.push(...problems(report).map((text) => `  ${text}`))
  if (backup)
    lines.push(
      `a backup, made at ${backup.madeAt}${backup.restoredAt === undefined ? '' : `, put back at ${backup.restoredAt}`}`,
    )
  lines.push(
    sealed === undefined
      ? 'what is sealed was not checked'
      : `${sealed} sealed entities${intact ? ', all of which open' : ' tried'}`,
  )
  if (audit)
    lines.push(
      `${audit.entries} audit entries in ${audit.chains.length} chain${audit.chains.length === 1 ? '' : 's'}`,
    )
  else lines.push('the audit was not checked')
  return lines
}
