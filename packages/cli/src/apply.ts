import { resolve } from 'node:path'
import { readWorldFile, type WorldText } from '@keyward/server/host/world-file'
import { type AppliedWorld, describePlan, type Finding, placed } from './apply-report.ts'
import { type CredentialsDraft, draftCredentials } from './client/credentials-file.ts'
import { findOperation } from './client/operations.ts'
import { credentialFiles, openSession, type Session, sessionFlags } from './client/profile.ts'
import { callOperation } from './client/send.ts'
import type { Command } from './command.ts'
import { failed, misused, Stop } from './exit.ts'
import { type Io, json, paint } from './io.ts'

/** Makes a running service what a world file declares. */
export const apply: Command = {
  name: 'apply',
  usage: 'FILE [--prune] [--preview]',
  about:
    'Sends a world file (YAML or JSON) to a running service, which checks it whole, then makes accounts, users, groups, roles, access keys and policies what the file says. Applying it again changes nothing. What the file does not name is left alone, unless --prune is given.\nA policy may stand in the file (`document`) or beside it (`file`, relative to the world file). Access keys that the service generates are told once: they go to the credentials file, which `--as NAME` reads.',
  examples: [
    ['keyward apply world.yaml --preview', 'what would change'],
    ['keyward apply world.yaml', 'change it'],
    ['keyward apply world.yaml --prune', 'and delete what the accounts of the file have besides'],
  ],
  flags: [
    {
      name: 'prune',
      type: 'switch',
      description: 'Delete, in the accounts that the file names, what it does not name.',
    },
    { name: 'preview', type: 'switch', description: 'Only say what would change.' },
    { name: 'yes', type: 'switch', description: 'Delete without asking.' },
    {
      name: 'json',
      type: 'switch',
      description: 'Print the answer as JSON, without secrets, also on a terminal.',
    },
    ...sessionFlags,
    { name: 'profile', type: 'text', value: 'NAME', description: 'The same as --as.' },
  ],
  words: [1, 1],
  async run(line, io) {
    const file = resolve(io.folder, line.words[0] ?? '')
    const world = readWorld(file)
    const session = openSession(line, io)
    const asJson = line.has('json') || !io.person.reads
    const parameters = { World: world.text, ...(line.has('prune') && { Prune: true }) }

    const plan = await ask(session, { ...parameters, Preview: true }, file, world)
    for (const warning of plan.Warnings) {
      io.err(`${placed(file, world, warning.Line, warning.Column)}: warning: ${warning.Message}`)
    }
    if (!asJson) for (const row of describePlan(plan, io)) io.out(row)
    if (line.has('preview') || plan.Changes.length === 0) {
      if (asJson) io.out(json(io, report(plan)))
      return 0
    }
    await confirm(plan, io, line.has('yes'))

    const credentials = credentialFiles(line, io).profiles
    const generates = plan.Changes.some(({ Kind, Change }) => Kind === 'access-key' && Change === 'create')
    const draft = generates ? draftCredentials(credentials) : undefined
    let done: AppliedWorld
    try {
      done = await ask(session, { ...parameters, PlanId: plan.PlanId }, file, world)
    } catch (error) {
      draft?.discard()
      throw error
    }
    const profiles = store(draft, session, done, credentials)
    if (asJson)
      io.out(
        json(io, {
          ...report(done),
          ...(profiles.length > 0 && { CredentialsFile: credentials, Profiles: profiles }),
        }),
      )
    else {
      io.out(paint(io, 'green', 'applied'))
      if (profiles.length > 0)
        io.out(`new keys are in ${credentials}: ${profiles.map((name) => `--as ${name}`).join(', ')}`)
    }
    return 0
  },
}

function readWorld(file: string): WorldText {
  try {
    return readWorldFile(file)
  } catch (error) {
    throw misused((error as Error).message)
  }
}

/** One call of the operation. Stops with every finding at its place when the file is wrong. */
async function ask(
  session: Session,
  input: Record<string, unknown>,
  file: string,
  world: WorldText,
): Promise<AppliedWorld> {
  const operation = findOperation('keyward', 'ApplyWorld')
  const { exitCode, content, sentence } = await callOperation(session, operation, input)
  if (exitCode === 0) return content as unknown as AppliedWorld
  const findings = content.Code === 'InvalidWorld' ? ((content.Findings ?? []) as Finding[]) : []
  if (findings.length === 0) throw new Stop(exitCode, sentence ?? 'refused')
  const lines = findings.map(
    ({ line, column, message }) => `${placed(file, world, line, column)}: ${message}`,
  )
  throw misused(
    [...lines, `nothing was changed: ${findings.length} mistake${findings.length === 1 ? '' : 's'}`].join(
      '\n',
    ),
  )
}

/** A person is asked before anything is deleted; a script has said so by its flag. */
async function confirm(plan: AppliedWorld, io: Io, yes: boolean): Promise<void> {
  const deletions = plan.Changes.filter(({ Change }) => Change === 'delete').length
  if (deletions === 0 || yes || !io.person.answers) return
  const answer = await io.ask(
    `Delete ${deletions === 1 ? 'one thing' : `${deletions} things`} for good? [y/N] `,
  )
  if (!/^y(es)?$/i.test(answer.trim())) throw failed('nothing was changed')
}

function store(
  draft: CredentialsDraft | undefined,
  session: Session,
  done: AppliedWorld,
  file: string,
): readonly string[] {
  if (done.Credentials.length === 0) {
    draft?.discard()
    return []
  }
  try {
    return draft!.commit(
      session.endpoint.origin,
      done.Credentials.map((one) => ({
        account: one.Account,
        user: one.User,
        label: one.Label,
        accountUid: one.AccountUid,
        domainId: one.DomainId,
        projectId: one.ProjectId,
        accessKeyId: one.AccessKeyId,
        accessKeySecret: one.AccessKeySecret,
      })),
    )
  } catch (error) {
    const ids = done.Credentials.map((one) => one.AccessKeyId).join(', ')
    throw failed(
      `applied, but the secrets of ${ids} could not be written to \`${file}\` (${(error as Error).message}) and are lost: take these keys out of the file, apply it with --prune, and add them again`,
    )
  }
}

/** The answer without its secrets. */
function report({ Credentials, ...rest }: AppliedWorld) {
  return { ...rest, Credentials: Credentials.map(({ AccessKeySecret: _, ...one }) => one) }
}
