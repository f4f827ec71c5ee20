import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { asJson, wantsJson } from './flags.ts'
import { json, paint } from './io.ts'

/** Changes the root key of a running service. */
export const rootKeyRotate: Command = {
  name: 'root-key rotate',
  usage: '[--json]',
  about:
    'Puts a new root key in the place of the present one, while the service runs and goes on. The new key is written beside the old file and takes its name; the old key opens nothing afterwards, so keep a copy of the new one elsewhere at once. Backups of the database that were made before need the old key.\nOnly the account of the operator may do this. Where several processes share one PostgreSQL, give the new file to each of them: they go on with what they have in memory, and start again only with it.',
  examples: [
    ['keyward root-key rotate', 'as the root of the account'],
    ['keyward root-key rotate --as admin', 'as a user whose policies allow keyward:RotateRootKey'],
  ],
  flags: [...sessionFlags, asJson],
  words: [0, 0],
  async run(line, io) {
    const answer = await ask(openSession(line, io), 'RotateRootKey', {})
    if (wantsJson(line, io)) io.out(json(io, answer))
    else {
      io.out(`${paint(io, 'green', 'changed')} the root key; its check value is ${answer.CheckValue}`)
      io.out(`  ${answer.File}: keep a copy elsewhere, and give it to every process on this database`)
    }
    return 0
  },
}
