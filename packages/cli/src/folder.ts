import { existsSync } from 'node:fs'
import { Refusal } from '@keyward/server/offline'
import { readSettings, type Settings, variableOf } from '@keyward/server/settings'
import { failed, misused } from './exit.ts'
import type { CommandLine, Flag } from './flags.ts'
import type { Io } from './io.ts'

/** The settings that say where the data of a service lies. */
const WHERE = ['data', 'database', 'root-key', 'config']

/** The flags for them, as for `serve`. */
export const folderFlags: readonly Flag[] = [
  {
    name: 'data',
    type: 'text',
    value: 'FOLDER',
    description: 'Data folder of the service; default ./data (KEYWARD_DATA).',
  },
  {
    name: 'database',
    type: 'text',
    value: 'URL',
    description: 'Database, as for serve (KEYWARD_DATABASE).',
  },
  {
    name: 'root-key',
    type: 'text',
    value: 'FILE',
    description: 'Root key file, as for serve (KEYWARD_ROOT_KEY).',
  },
  {
    name: 'config',
    type: 'text',
    value: 'FILE',
    description: 'Settings file, as for serve (KEYWARD_CONFIG).',
  },
]

/** Where the data lies, as flags, variables and the settings file say. `more` are flags that win over those given. */
export function folderSettings(
  { flags }: Pick<CommandLine, 'flags'>,
  io: Io,
  more: Record<string, string> = {},
) {
  const variables = WHERE.map(variableOf)
  const given = [...flags].filter(([name]) => WHERE.includes(name))
  const read = readSettings({
    flags: new Map([...given, ...Object.entries(more).map(([name, value]) => [name, [value]] as const)]),
    environment: Object.fromEntries(variables.map((name) => [name, io.environment[name]])),
    folder: io.folder,
  })
  if (!read.settings) throw misused(read.problems.join('\n'))
  return read.settings
}

/** The file of the database. Refuses where it is missing, and a database that is no file. */
export function databaseFile({ database }: Settings, otherwise: string): string {
  if (database.kind !== 'sqlite') throw misused(otherwise)
  if (!existsSync(database.path)) {
    throw misused(`there is no database \`${database.path}\`; name its folder with \`--data\``)
  }
  return database.path
}

/** What the server's domains throw is a sentence for the operator. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === 'Unavailable') throw failed(error.problem.detail)
    if (error instanceof Error && error.name === 'Error') throw failed(error.message)
    throw error
  }
}
