import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type DeclaredLines,
  declaredLines,
  draftProfiles,
  placeInWorld,
  Refusal,
  readWorldFile,
  readWorldText,
  type WorldFinding,
  type WorldText,
  worldMistakes,
} from '@keyward/server/offline'
import { type AppliedWorld, describeDeclared, describePlan } from './apply-report.ts'
import { answerOf } from './client/ask.ts'
import { findOperation } from './client/operations.ts'
import { credentialFiles, openSession, type Session, sessionFlags } from './client/profile.ts'
import { callOperation } from './client/send.ts'
import type { Command } from './command.ts'
import { type ExitCode, failed, misused, Stop } from './exit.ts'
import { type CommandLine, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'
import { withProgress } from './progress.ts'

/** Makes a running service what a world file declares. */
export const apply: Command = {
  name: 'apply',
  usage: 'FILE|- [--prune[=all]] [--yes] [--preview|--diff]',
  about:
    'Sends a world file (YAML or JSON) to a running service, which checks it whole, then makes accounts, users, groups, roles, access keys, policies, the organization and the network map what the file says. Applying it again changes nothing. What the file does not name is left alone, unless --prune is given.\nA policy may stand in the file (`document`) or beside it (`file`, relative to the world file). Access keys that the service generates are told once: they go to the credentials file, which `--as NAME` reads. With `-` the world comes on standard input, and a policy’s `file` is relative to the working folder.',
  examples: [
    ['keyward apply world.yaml --preview', 'what would change'],
    ['keyward apply world.yaml --diff', 'and how, field by field; exit code 8 if something would'],
    ['keyward apply world.yaml', 'change it'],
    ['keyward apply world.yaml --prune', 'and delete what files declared before and this one does not name'],
    ['keyward apply world.yaml --prune=all', 'and ask for each kind of what calls of the API made'],
  ],
  flags: [
    {
      name: 'prune',
      type: 'switch',
      choices: ['all'],
      description:
        'Delete, in the accounts that the file names, what files declared before and this one does not name; asks first. What calls of the API made stays; with `--prune=all` each kind of it is asked for.',
    },
    {
      name: 'preview',
      type: 'switch',
      description:
        'Only say what would change; where no service runs, judge the file and say what it declares.',
    },
    {
      name: 'diff',
      type: 'switch',
      description:
        'Only say what would change, with each field as it is and as it would be; never a secret. The exit code is 0 when nothing would change, 8 when something would.',
    },
    {
      name: 'yes',
      type: 'switch',
      description: 'Delete without asking; needed where there is no terminal to ask on.',
    },
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
    const { file, world } = await readWorld(line.words[0] ?? '', io)
    if (line.has('preview') && !line.has('diff') && isWithoutService(line, io))
      return previewAlone(file, world, line, io)
    const session = openSession(line, io, { keeps: true })
    const asJson = wantsJson(line, io)
    const isDiff = line.has('diff')
    const isPreview = isDiff || line.has('preview')
    const person = file === STDIN ? { ...io, person: { ...io.person, answers: false } } : io
    const ask = (what: string, input: Record<string, unknown>) =>
      withProgress(io, what, () => askService(session, input, file, world))
    const preview = (made?: readonly string[]) => {
      const prune = line.has('prune') && { Prune: true, ...(made && { PruneMade: made }) }
      const parameters = { World: world.text, ...prune }
      return ask('comparing the file with the service', {
        ...parameters,
        Preview: true,
        ...(isDiff && { Diff: true }),
      }).then((plan) => ({ parameters, plan }))
    }
    const { parameters, plan } = await preview(
      line.text('prune') === 'all'
        ? await agreedKinds(await preview(PRUNABLE), person, isPreview || line.has('yes'))
        : undefined,
    )
    const warnings = plan.Warnings.map(({ Line, Column, Message }) => ({
      line: Line,
      column: Column,
      message: Message,
    }))
    warn(warnings, file, world, io)
    if (!asJson) for (const row of describePlan(plan, io)) io.out(row)
    if (isPreview || plan.Changes.length === 0) {
      if (asJson) io.out(json(io, report(plan)))
      return isDiff && plan.Changes.length > 0 ? 8 : 0
    }
    await confirm(plan, person, line.has('yes'))

    const credentials = credentialFiles(line, io).profiles
    const draft = operatorSentence(() => draftProfiles(credentials))
    let done: AppliedWorld
    try {
      done = await ask(`applying ${plan.Changes.length} changes`, { ...parameters, PlanId: plan.PlanId })
    } catch (error) {
      draft.discard()
      throw error
    }
    const profiles = operatorSentence(() =>
      draft.commit(session.endpoint.origin, done.Credentials, done.DeletedAccessKeys),
    )
    const kept = profiles.length > 0
    if (asJson) {
      const where = kept && { CredentialsFile: credentials, Profiles: profiles }
      io.out(json(io, { ...report(done), ...where }))
    } else {
      io.out(paint(io, 'green', 'applied'))
      const flags = profiles.map((name) => `--as ${name}`).join(', ')
      if (kept) io.out(`new keys are in ${credentials}: ${flags}`)
    }
    return 0
  },
}

/** Whether the data folder has no service, and the command line names none. */
function isWithoutService(line: CommandLine, io: Io): boolean {
  const named = ['endpoint', 'as', 'profile', 'credentials'].some((name) => line.has(name))
  return !named && !existsSync(join(credentialFiles(line, io).data, 'endpoint'))
}

/** A preview where no service runs: the file is judged whole, and everything that it declares counts as new. */
function previewAlone(file: string, world: WorldText, line: CommandLine, io: Io): ExitCode {
  let declared: DeclaredLines
  try {
    declared = declaredLines(world.text)
  } catch (error) {
    if (!(error instanceof Refusal) || error.problem.code !== 'InvalidWorld') throw error
    throw misused(worldMistakes(file, world, error.problem.findings))
  }
  warn(declared.warnings, file, world, io)
  if (wantsJson(line, io)) io.out(json(io, { Service: false, Lines: declared.lines.map((one) => one.line) }))
  else for (const row of describeDeclared(declared, io)) io.out(row)
  io.err(
    'keyward: no service runs here: this is what the file declares, not what would change; start one with `keyward serve`, or name one with `--endpoint`',
  )
  return 0
}

function warn(
  findings: readonly Pick<WorldFinding, 'line' | 'column' | 'message'>[],
  file: string,
  world: WorldText,
  io: Io,
): void {
  for (const one of findings) io.err(`keyward: ${placeInWorld(file, world, one)}: warning: ${one.message}`)
}

/** Kinds of entities that a prune may delete. */
const PRUNABLE = [
  'policy',
  'group',
  'user',
  'role',
  'member',
  'attachment',
  'access-key',
  'organization-policy',
  'folder',
  'placement',
]

/** The kinds of which what calls of the API made may be deleted: a person is asked for each. */
async function agreedKinds(
  { plan }: { plan: AppliedWorld },
  io: Io,
  isAgreed: boolean,
): Promise<readonly string[]> {
  const made = plan.Changes.filter(({ Change, DeclaredBy }) => Change === 'delete' && DeclaredBy === 'api')
  const kinds = [...new Set(made.map(({ Kind }) => Kind))]
  if (isAgreed || !io.person.answers) return kinds
  const agreed: string[] = []
  for (const kind of kinds) {
    const own = made.filter(({ Kind }) => Kind === kind)
    for (const { Line } of own) io.out(`  ${Line}`)
    const answer = await io.ask(`Delete these ${own.length} too, of the kind ${kind}, made by calls? [y/N] `)
    if (/^y(es)?$/i.test(answer.trim())) agreed.push(kind)
  }
  return agreed
}

/** What the credentials file throws is a sentence for the operator. */
function operatorSentence<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw failed((error as Error).message)
  }
}

/** What a world that comes on standard input is called. */
const STDIN = 'standard input'

async function readWorld(word: string, io: Io): Promise<{ file: string; world: WorldText }> {
  const text = word === '-' ? Buffer.from(await io.input()).toString('utf8') : undefined
  const file = text === undefined ? resolve(io.folder, word) : STDIN
  try {
    return { file, world: text === undefined ? readWorldFile(file) : readWorldText(text, io.folder, STDIN) }
  } catch (error) {
    throw misused((error as Error).message)
  }
}

/** How long the service may take for the largest file, in milliseconds. */
const PATIENCE_MS = 600_000

/** One call of the operation. Stops with every finding at its place when the file is wrong. */
async function askService(
  session: Session,
  input: Record<string, unknown>,
  file: string,
  world: WorldText,
): Promise<AppliedWorld> {
  const operation = findOperation('keyward', 'ApplyWorld')
  const { exitCode, content, sentence } = await callOperation(session, operation, input, PATIENCE_MS)
  if (exitCode === 0) return answerOf('ApplyWorld', content)
  if (content.Code !== 'InvalidWorld') throw new Stop(exitCode, sentence ?? 'refused')
  throw misused(worldMistakes(file, world, content.Findings as WorldFinding[]))
}

/** A person is asked before anything is deleted; a script has to say so by its flag. */
async function confirm(plan: AppliedWorld, io: Io, yes: boolean): Promise<void> {
  const deletions = plan.Changes.filter(({ Change }) => Change === 'delete').length
  if (deletions === 0 || yes) return
  const what = deletions === 1 ? 'one entity' : `${deletions} entities`
  if (!io.person.answers) {
    throw misused(
      `nothing was changed: ${what} would be deleted, and nobody can be asked; see what with \`--preview\`, agree with \`--yes\``,
    )
  }
  const answer = await io.ask(`Delete ${what} for good? [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw failed('nothing was changed')
}

/** The answer without its secrets. */
function report({ Credentials, ...rest }: AppliedWorld) {
  return { ...rest, Credentials: Credentials.map(({ AccessKeySecret: _, ...one }) => one) }
}
