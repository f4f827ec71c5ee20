import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { MAX_WORLD_TEXT } from '@keyward/server/offline'
import { stringify } from 'yaml'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { failed } from './exit.ts'
import type { Io } from './io.ts'
import { withProgress } from './progress.ts'

/** Writes the world of a running service back as the file that declares it. */
export const exportCommand: Command = {
  name: 'export',
  usage: '[--out FILE] [--account NAME ...] [--secrets] [--json]',
  about:
    'Writes the accounts, users, groups, roles, access keys, policies, hosts, organization and networks of a running service as a world file. Applying it there again changes nothing; applying it to an empty service gives the same decisions: the operator’s account there takes the place of the one in the file, with its ids. Keys, secrets and key pairs are not in it: a backup has them.\nWithout `--secrets`, an access key that a file generated is generated anew where the file is applied, and one that a call made is left out. What is left out is said on standard error.',
  examples: [
    ['keyward export > world.yaml', 'everything but secrets'],
    ['keyward export --account prod --account test', 'two accounts'],
    [
      'keyward export --secrets --out world.yaml',
      'with the secrets of access keys, into a file of mode 0600',
    ],
  ],
  flags: [
    { name: 'out', type: 'text', value: 'FILE', description: 'A new file, instead of standard output.' },
    {
      name: 'account',
      type: 'list',
      value: 'NAME',
      description:
        'An account, by name or uid; may be given again. Without it all accounts, the organization and the networks; for who is not of the operator’s account, their own.',
    },
    {
      name: 'secrets',
      type: 'switch',
      description:
        'With the secrets of access keys in clear: who reads the file can do what their owners can. Takes the permission `keyward:ExportAccessKeys` besides.',
    },
    { name: 'json', type: 'switch', description: 'Write JSON instead of YAML.' },
    ...sessionFlags,
  ],
  words: [0, 0],
  async run(line, io) {
    const session = openSession(line, io)
    const accounts = line.flags.get('account')
    const input = { ...(accounts && { Accounts: accounts }), ...(line.has('secrets') && { Secrets: true }) }
    const { World, Left, Secrets } = await withProgress(io, 'reading the service', () =>
      ask(session, 'ExportWorld', input),
    )
    const text = line.has('json')
      ? `${JSON.stringify(JSON.parse(World), null, 2)}\n`
      : `${stringify(JSON.parse(World), { lineWidth: 0 })}`
    const out = line.text('out')
    if (out === undefined) io.out(text.trimEnd())
    else writePrivate(resolve(io.folder, out), text)
    for (const what of Left) io.err(`keyward: not in the file: ${what}`)
    if (Secrets > 0) warnOfSecrets(Secrets, io)
    if (text.length > MAX_WORLD_TEXT)
      io.err('keyward: warning: longer than one apply takes: export accounts apart, with `--account`')
    return 0
  },
}

function warnOfSecrets(count: number, io: Io): void {
  const what = count === 1 ? 'the secret of an access key' : `the secrets of ${count} access keys`
  io.err(`keyward: warning: it holds ${what} in clear: keep it as you keep those`)
}

/** A file of its owner's alone; one that is there stays as it is. */
function writePrivate(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw failed(
      code === 'EEXIST' ? `there is a \`${file}\` already` : `\`${file}\` cannot be written: ${code}`,
    )
  }
}
