import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { asJson, wantsJson } from './flags.ts'
import { json, paint } from './io.ts'

const words = {
  AsRecorded: ['green', 'is as recorded'],
  Differs: ['yellow', 'differs from its record'],
  Unknown: ['yellow', 'could not be looked at'],
} as const

/** Compares the record of a host with the host. */
export const hostCheck: Command = {
  name: 'host check',
  usage: 'ID [--settle] [--json]',
  about:
    'Compares what the service has recorded of a host with the host: whether the key that is bound is let in, whether a key that a failed task may have left is, and whether passwords are offered. It asks the SSH server as every client can, logs in nowhere and changes nothing on the host. It says what --settle would do: make the record say what was seen. A host that a task could not leave as it found it is looked at again by the service itself, once a minute.',
  examples: [
    ['keyward host check web-01', 'compare, and say what settling would do'],
    ['keyward host check web-01 --settle', 'make the record say what is seen'],
  ],
  flags: [
    { name: 'settle', type: 'switch', description: 'Make the record say what is seen on the host.' },
    asJson,
    ...sessionFlags,
  ],
  words: [1, 1],
  async run(line, io) {
    const session = openSession(line, io)
    const settles = line.has('settle')
    const HostId = line.words[0] ?? ''
    const answer = await (settles
      ? ask(session, 'SettleHost', { HostId })
      : ask(session, 'CheckHost', { HostId }))
    const { State, Findings, InDoubtSince } = answer
    if (wantsJson(line, io)) io.out(json(io, answer))
    else {
      const [colour, is] = words[State]
      io.out(paint(io, colour, `${HostId} ${is}`))
      for (const finding of Findings) io.out(`  ${finding}`)
      if (InDoubtSince > 0) io.out(`  in doubt since ${new Date(InDoubtSince).toISOString()}`)
      io.out('Did' in answer ? `did: ${answer.Did}` : `--settle would: ${answer.Would}`)
    }
    return State === 'AsRecorded' || (settles && State === 'Differs') ? 0 : 1
  },
}
