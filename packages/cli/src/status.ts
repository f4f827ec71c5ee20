import type { KeywardOutputs } from '@keyward/server/client'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { asJson, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

type Status = KeywardOutputs['GetStatus']

/** Shows how the service is and what waits. */
export const status: Command = {
  name: 'status',
  usage: '[--json]',
  about:
    'Shows how the service that is asked is: its version, database, keyring and clock, the heads of the audit, the processes over the same database, and what waits for its time or for a worker. It names no account, key or secret. The call is decided (`keyward:GetStatus` in the account of the operator) and audited as every call is.\nExits with 1 while the clock is in doubt or the audit cannot be written.',
  examples: [['keyward status', 'as the root of the first account']],
  flags: [...sessionFlags, asJson],
  words: [0, 0],
  async run(line, io) {
    const view = await ask(openSession(line, io), 'GetStatus', {})
    if (wantsJson(line, io)) io.out(json(io, view))
    else for (const row of described(view, io)) io.out(row)
    return view.Clock.Trusted && view.Audit.Writable ? 0 : 1
  },
}

function described(view: Status, io: Io): string[] {
  const { Audit, Clock, Database, Jobs, Keyring, Pool, Processes, Waiting } = view
  const good = (is: boolean, yes: string, no: string) => paint(io, is ? 'green' : 'red', is ? yes : no)
  const due = ({ Count, Next }: { Count: number; Next: string }) =>
    Count === 0 ? 'none' : `${Count}, the next ${Next}`
  const rows: [string, string][] = [
    ['service', `Keyward ${view.Version} on Node ${view.Node}, since ${view.StartedAt}`],
    ['database', `${Database.Kind}, schema ${Database.Schema}`],
    [
      'keyring',
      `generation ${Keyring.Generation}${Keyring.Newest > Keyring.Generation ? `, ${Keyring.Newest} begins` : ''}`,
    ],
    ['clock', good(Clock.Trusted, 'trusted', `in doubt: ${Clock.Reason}`)],
    [
      'audit',
      `${good(Audit.Writable, 'written', 'cannot be written')}, ${Audit.Waiting} calls wait, ${Audit.Unchained} entries to chain`,
    ],
    ...Audit.Heads.slice(0, 10).map(({ Chain, Batch, Hash }): [string, string] => [
      '',
      `${Chain}/${Batch} ${Hash}`,
    ]),
    ['decisions', `on what was looked at ${view.CacheAge} ms ago`],
    ['pool', `${Pool.Threads} threads, ${Pool.Running} at work, ${Pool.Waiting} jobs wait`],
    ['processes', Processes.map(({ Id }) => Id).join(', ') || 'none seen within an hour'],
    ['waiting', `keys to destroy: ${due(Waiting.KeysToDestroy)}`],
    ['', `material to expire: ${due(Waiting.MaterialToExpire)}`],
    ['', `secrets to delete: ${due(Waiting.SecretsToDelete)}`],
    ['', `keys that rotate: ${due(Waiting.KeyRotations)}`],
    ['', `secrets that rotate: ${due(Waiting.SecretRotations)}`],
    [
      '',
      `rotations of secrets: ${Waiting.RunningRotations} begun, ${Waiting.FailingRotations} of them failing`,
    ],
    [
      '',
      `tasks of key pairs: ${Waiting.TasksReady} ready, ${Waiting.TasksRunning} running, ${Waiting.TasksFailedLastDay} failed within a day`,
    ],
    ...Jobs.map(({ Name, NextAt, Owner }, i): [string, string] => [
      i === 0 ? 'jobs' : '',
      `${Name}: ${Owner === '' ? `due ${NextAt || 'now'}` : 'at work'}`,
    ]),
  ]
  return rows.map(([name, value]) => `${name.padEnd(11)}${value}`)
}
