import type { KeywardOutputs } from '@keyward/server/client'
import { answerOf, ask } from './client/ask.ts'
import { findOperation } from './client/operations.ts'
import { openSession, type Session, sessionFlags } from './client/profile.ts'
import { callOperation } from './client/send.ts'
import { watch } from './client/watch.ts'
import type { Command } from './command.ts'
import { failed, Stop } from './exit.ts'
import { asJson, type CommandLine, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

type Started = KeywardOutputs['RotateKeypair']
type Progress = KeywardOutputs['GetRotation']
type Trouble = Started['Skipped'][number]

/** Replaces the key of a pair on every host that it is bound to, and watches until all is done. */
export const keypairRotate: Command = {
  name: 'keypair rotate',
  usage: 'NAME [--retry] [--json]',
  about:
    'Makes a new key for an SSH key pair whose private key is in custody, and puts it in the place of the old one on every host that the pair is bound to, a few at a time. The old key goes only where the new one has been proved. A host that fails keeps its working key and is named at the end; once it is set right, --retry lets it follow. The work is done by the service: it goes on when this command is stopped.',
  examples: [
    ['keyward keypair rotate web', 'every host of the pair `web`'],
    ['keyward keypair rotate web --retry', 'those that an earlier rotation left behind'],
  ],
  flags: [
    {
      name: 'retry',
      type: 'switch',
      description: 'Make no new key; let hosts that were left behind follow.',
    },
    {
      name: 'yes',
      type: 'switch',
      description: 'Replace the key without asking also where no host is bound, and its private key is gone.',
    },
    asJson,
    ...sessionFlags,
  ],
  words: [1, 1],
  async run(line, io) {
    const session = openSession(line, io)
    const started = await start(session, line, io)
    const { RotationId } = started
    const progress: Progress = await watch(
      io,
      () => ask(session, 'GetRotation', { RotationId }),
      ({ Succeeded, Failed, Total }) => Succeeded + Failed >= Total,
      (seen) => bar(seen, io.columns),
    )
    const failures = [...started.Skipped, ...progress.Tasks.filter((task) => task.State === 'FAILED')]
    if (wantsJson(line, io)) io.out(json(io, { ...started, ...progress }))
    else for (const row of summary(io, started, progress, failures)) io.out(row)
    return failures.length > 0 ? 1 : 0
  },
}

/** Where no host is bound, a new key would only take the place of the one in custody: a person has to want that. */
async function start(session: Session, line: CommandLine, io: Io): Promise<Started> {
  const Name = line.words[0] ?? ''
  const answer = await callOperation(session, findOperation('keyward', 'RotateKeypair'), {
    Name,
    ...(line.has('retry') && { Retry: true }),
    ...(line.has('yes') && { WithoutHosts: true }),
  })
  if (answer.exitCode === 0) return answerOf('RotateKeypair', answer.content)
  if (answer.content.Code !== NOT_BOUND) throw new Stop(answer.exitCode, answer.sentence ?? 'refused')
  const words = `no host lets \`${Name}\` in: a new key would only replace the private key in custody, for good`
  if (!io.person.answers) throw failed(`${words}; agree with \`--yes\``)
  const reply = await io.ask(`${words}. Replace it? [y/N] `)
  if (!/^y(es)?$/i.test(reply.trim())) throw failed('nothing was changed')
  return ask(session, 'RotateKeypair', { Name, WithoutHosts: true })
}

const NOT_BOUND = 'Rejected.ResourceNotInUse'

/** `[#####.....] 5 of 10 hosts, 1 failed` */
export function bar({ Succeeded, Failed, Total }: Progress, columns: number): string {
  const words = ` ${Succeeded + Failed} of ${Total} hosts${Failed === 0 ? '' : `, ${Failed} failed`}`
  const width = Math.max(0, Math.min(40, columns - words.length - 3))
  const done = Total === 0 ? width : Math.floor((width * (Succeeded + Failed)) / Total)
  return `[${'#'.repeat(done)}${'.'.repeat(width - done)}]${words}`
}

function summary(
  io: Io,
  { Name, Hosts, Fingerprint, Algorithm }: Started,
  { Succeeded }: Progress,
  failures: readonly Trouble[],
): string[] {
  if (Hosts === 0) return [`no host was to be changed; the key of ${Name} is ${Algorithm} ${Fingerprint}`]
  const all = `${Succeeded} of ${Hosts} hosts let ${Name} in by ${Algorithm} ${Fingerprint} now`
  if (failures.length === 0) return [paint(io, 'green', all)]
  const width = Math.max(...failures.map((one) => one.HostId.length))
  return [
    all,
    paint(io, 'yellow', `${failures.length} kept the key that they had:`),
    ...failures.map((one) => `  ${one.HostId.padEnd(width)}  ${one.ErrorMessage} (${one.ErrorCode})`),
    `once they are set right: keyward keypair rotate ${Name} --retry`,
  ]
}
