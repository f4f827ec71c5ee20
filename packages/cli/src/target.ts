import { resolve } from 'node:path'
import type { KeywardOutputs } from '@keyward/server/client'
import { ask } from './client/ask.ts'
import { openSession, readText, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { failed, misused } from './exit.ts'
import { asJson, type CommandLine, wantsJson } from './flags.ts'
import { addressOf, portOf } from './host-key.ts'
import { type Io, json, paint } from './io.ts'

/** A target as the service describes it. */
type TargetView = KeywardOutputs['GetTarget']['Target']

/** Registers a database whose accounts secrets may manage. */
export const targetAdd: Command = {
  name: 'target add',
  usage:
    'ID --engine ENGINE --address HOST --administrator NAME --password-file FILE [--account NAME ...] [--ca-file FILE]',
  about:
    'Registers a database whose passwords secrets rotate, or says anew what it is. ID is what secrets name as their instance. The service logs in as the administrator and sets passwords of the listed accounts, of no others and never of the administrator; it makes no account. The password is sealed and never shown again. It may be left out where only the accounts or the database change. Tell with care who may do this: it says where passwords are sent, and which accounts those can have who may write secrets.',
  examples: [
    [
      'keyward target add shop-db --engine postgresql --address db.example.net --administrator keyward --password-file admin.txt --account shop --account shop_clone',
      'two accounts that secrets may manage',
    ],
    [
      'pass db/admin | keyward target add shop-db --engine mariadb --address db --administrator keyward --password-file - --account shop',
      'the password from another program',
    ],
  ],
  flags: [
    {
      name: 'engine',
      type: 'text',
      value: 'ENGINE',
      description: 'postgresql, mysql, mariadb or redis; PolarDB is the engine that it is compatible with.',
    },
    { name: 'address', type: 'text', value: 'HOST', description: 'Name, IPv4 or IPv6 address.' },
    { name: 'port', type: 'text', value: 'N', description: 'Its port; default that of the engine.' },
    {
      name: 'database',
      type: 'text',
      value: 'NAME',
      description: 'PostgreSQL: the database to connect to; default postgres.',
    },
    {
      name: 'administrator',
      type: 'text',
      value: 'NAME',
      description: 'The account that may set passwords of the others.',
    },
    {
      name: 'password-file',
      type: 'text',
      value: 'FILE',
      description: 'A file with its password; `-` is standard input. A newline at the end is not part of it.',
    },
    {
      name: 'account',
      type: 'list',
      value: 'NAME',
      description: 'An account that secrets may manage; may be given again. What is not named is taken off.',
    },
    {
      name: 'ca-file',
      type: 'text',
      value: 'FILE',
      description: 'Certificates in PEM to trust instead of those of the machine.',
    },
    {
      name: 'tls',
      type: 'text',
      value: 'on|off',
      description: 'Whether the connection is encrypted; default on. Off is for this machine only.',
    },
    ...sessionFlags,
    asJson,
  ],
  words: [1, 1],
  async run(line, io) {
    const address = addressOf(line.text('address'))
    const port = line.text('port')
    const file = line.text('ca-file')
    const password = await passwordOf(line, io)
    const answer = await ask(openSession(line, io), 'PutTarget', {
      TargetId: line.words[0] ?? '',
      Engine: needed(line, 'engine'),
      Address: address,
      ...(port === undefined ? {} : { Port: portOf(port) }),
      Administrator: needed(line, 'administrator'),
      ...(password === undefined ? {} : { AdministratorPassword: password }),
      ...(line.has('account') ? { Accounts: line.flags.get('account') } : {}),
      ...optional(line, 'database', 'Database'),
      ...optional(line, 'tls', 'Tls'),
      ...(file === undefined
        ? {}
        : { CaCertificates: readText(resolve(io.folder, file), 'certificate file') }),
    })
    if (wantsJson(line, io)) io.out(json(io, answer))
    else {
      const target = answer.Target
      io.out(`${paint(io, 'green', answer.Created ? 'registered' : 'changed')} ${target.TargetId}`)
      for (const row of rowsOf(target)) io.out(row)
    }
    return 0
  },
}

function needed(line: CommandLine, flag: string): string {
  const value = line.text(flag)
  if (value === undefined) throw misused(`\`--${flag}\` is missing`)
  return value
}

function optional(line: CommandLine, flag: string, parameter: string): Record<string, string> {
  const value = line.text(flag)
  return value === undefined ? {} : { [parameter]: value }
}

async function passwordOf(line: CommandLine, io: Io): Promise<string | undefined> {
  const file = line.text('password-file')
  if (file === undefined) return undefined
  const text =
    file === '-'
      ? Buffer.from(await io.input()).toString('utf8')
      : readText(resolve(io.folder, file), 'password file')
  const password = text.replace(/\r?\n$/, '')
  if (password === '') throw misused(`the password file \`${file}\` is empty`)
  return password
}

/** Lists every target of the account. */
export const targetList: Command = {
  name: 'target list',
  usage: '[--json]',
  about: 'Lists the registered databases of the account, and the accounts that secrets may manage.',
  examples: [['keyward target list', 'all of them']],
  flags: [...sessionFlags, asJson],
  words: [0, 0],
  async run(line, io) {
    const session = openSession(line, io)
    const targets: TargetView[] = []
    let marker: string | undefined
    do {
      const page = await ask(session, 'ListTargets', {
        MaxItems: 1000,
        ...(marker ? { Marker: marker } : {}),
      })
      targets.push(...page.Targets)
      marker = page.NextMarker
    } while (marker)
    if (wantsJson(line, io)) io.out(json(io, targets))
    else if (targets.length === 0) io.out('no target is registered: keyward target add ID --engine ENGINE')
    else for (const row of table(targets)) io.out(row)
    return 0
  },
}

function table(targets: readonly TargetView[]): string[] {
  const rows = targets.map((target) => [
    target.TargetId,
    target.Engine,
    `${target.Address}:${target.Port}`,
    target.Accounts.join(' ') || '-',
  ])
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows.map((row) => row.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  '))
}

/** Shows one target. */
export const targetShow: Command = {
  name: 'target show',
  usage: 'ID [--json]',
  about: 'Shows a registered database: where it is, and which accounts secrets may manage.',
  examples: [['keyward target show shop-db', 'one target']],
  flags: [...sessionFlags, asJson],
  words: [1, 1],
  async run(line, io) {
    const { Target } = await ask(openSession(line, io), 'GetTarget', { TargetId: line.words[0] ?? '' })
    if (wantsJson(line, io)) io.out(json(io, Target))
    else for (const row of rowsOf(Target)) io.out(row)
    return 0
  },
}

function rowsOf(target: TargetView): string[] {
  const database = target.Database === '' ? '' : `, database ${target.Database}`
  return [
    `  engine         ${target.Engine}`,
    `  address        ${target.Address} port ${target.Port}${database}, TLS ${target.Tls}`,
    `  administrator  ${target.Administrator}`,
    `  accounts       ${target.Accounts.join(', ') || 'none: no secret manages anything here'}`,
  ]
}

/** Takes a target out of the registry. */
export const targetRemove: Command = {
  name: 'target remove',
  usage: 'ID [--yes]',
  about:
    'Takes a database out of the registry. Nothing changes on the database: passwords stay as they are, and secrets that name it rotate no more.',
  examples: [['keyward target remove shop-db', 'asks first where accounts are listed']],
  flags: [
    {
      name: 'yes',
      type: 'switch',
      description:
        'Remove without asking; needed where accounts are listed and there is no terminal to ask on.',
    },
    ...sessionFlags,
  ],
  words: [1, 1],
  async run(line, io) {
    const session = openSession(line, io)
    const TargetId = line.words[0] ?? ''
    if (!line.has('yes')) {
      const { Target } = await ask(session, 'GetTarget', { TargetId })
      const { Accounts } = Target
      if (Accounts.length > 0) {
        const what = `secrets may manage ${Accounts.join(', ')} there`
        if (!io.person.answers) throw misused(`${what}, and nobody can be asked; agree with \`--yes\``)
        const answer = await io.ask(`${what} and will rotate no more. Remove? [y/N] `)
        if (!/^y(es)?$/i.test(answer.trim())) throw failed('nothing was changed')
      }
    }
    await ask(session, 'DeleteTarget', { TargetId })
    io.out(`removed ${TargetId}`)
    return 0
  },
}
