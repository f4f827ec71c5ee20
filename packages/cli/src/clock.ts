import type { KeywardOutputs } from '@keyward/server/client'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { asJson, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

type ClockView = KeywardOutputs['GetClock']

/** Shows whether the clock is trusted, and what waits for it. Exits with 1 while it is in doubt. */
export const clockStatus: Command = {
  name: 'clock status',
  usage: '[--json]',
  about:
    'Shows whether the service that is asked trusts its clock. While the wall clock runs away from elapsed time or from the clock of the database, nothing is destroyed: neither keys and secrets whose deletion window has ended, nor imported material that has expired, nor access keys and SSH keys that a rotation replaced. Everything else goes on. Exits with 1 while the clock is in doubt.',
  examples: [['keyward clock status', 'as the root of the first account']],
  flags: [...sessionFlags, asJson],
  words: [0, 0],
  async run(line, io) {
    const view = await ask(openSession(line, io), 'GetClock', {})
    if (wantsJson(line, io)) io.out(json(io, view))
    else for (const row of described(view, io)) io.out(row)
    return view.Trusted ? 0 : 1
  },
}

/** Says that the time is right, so that what waits goes on. */
export const clockTrust: Command = {
  name: 'clock trust',
  usage: '[TIME] [--json]',
  about:
    'Says that the time is right, so that what waits for it goes on: keys whose deletion window has ended are destroyed at once, for good. Look at the time that `keyward clock status` shows first. TIME is the time that you know; the service refuses when its own wall clock is more than five minutes away from it. Without TIME it is the time of the machine that this command runs on.',
  examples: [
    ['keyward clock trust', 'the clock of this machine is right'],
    ['keyward clock trust 2030-01-31T12:00:00Z', 'it is noon'],
  ],
  flags: [...sessionFlags, asJson],
  words: [0, 1],
  async run(line, io) {
    const Time = line.words[0] ?? new Date().toISOString()
    const answer = await ask(openSession(line, io), 'TrustClock', { Time })
    if (wantsJson(line, io)) io.out(json(io, answer))
    else io.out(paint(io, 'green', `trusted: ${answer.Wall}`))
    return 0
  },
}

function described(view: ClockView, io: Io): string[] {
  const times = [
    ['service', view.Now],
    ['wall clock', view.Wall],
    ['elapsed time', view.Elapsed],
    ['database', view.Database],
  ].filter(([, time]) => time !== '')
  const rows = times.map(([name = '', time]) => `  ${name.padEnd(13)} ${time}`)
  if (view.Trusted) return [paint(io, 'green', 'trusted'), ...rows]
  return [
    paint(io, 'red', `in doubt: ${view.Reason}`),
    ...rows,
    `waiting: ${view.KeysToDestroy} keys to destroy, imported material of ${view.MaterialToExpire} keys to expire, ${view.SecretsToDelete} secrets to delete, ${view.OldValuesToRetire} old values of secrets to take away`,
    'once the wall clock is right, work goes on by itself; if it is right now: keyward clock trust',
  ]
}
