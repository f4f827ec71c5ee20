import { join, relative } from 'node:path'
import type { WorldFinding } from '../identity/problems.ts'
import type { Answer } from '../pipeline/answer.ts'
import { draftProfiles, type GeneratedCredential } from './profiles-file.ts'
import { readWorldFile, type WorldText } from './world-file.ts'

export interface StartApplyParts {
  readonly data: string
  /** Where the service listens: what the credentials file names. */
  readonly url: string
  /** The audited operation, as the operator. */
  readonly apply: (world: string) => Promise<Answer>
}

/**
 * `serve --apply FILE`: reads the file with the policy files that it names, applies it, and keeps generated keys in
 * `<data>/credentials.json`. Throws an Error with a sentence, and every mistake at its place, when it is refused.
 */
export async function applyWorldFile(
  file: string,
  { data, url, apply }: StartApplyParts,
): Promise<{ readonly changes: number; readonly profiles: readonly string[] }> {
  const world = readWorldFile(file)
  const draft = draftProfiles(join(data, 'credentials.json'))
  let answer: Answer
  try {
    answer = await apply(world.text)
    if (!answer.ok) throw new Error(refusal(file, world, answer))
  } catch (error) {
    draft.discard()
    throw error
  }
  // It deletes nothing.
  const { Changes, Credentials } = answer.output as { Changes: unknown[]; Credentials: GeneratedCredential[] }
  return { changes: Changes.length, profiles: draft.commit(url, Credentials) }
}

function refusal(file: string, world: WorldText, { problem }: Extract<Answer, { ok: false }>): string {
  if (problem.code !== 'InvalidWorld') return `\`${file}\` could not be applied: ${problem.code}`
  return worldMistakes(file, world, problem.findings)
}

/** The mistakes of a world file, a line each with its place, and a last line that says that nothing happened. */
export function worldMistakes(file: string, world: WorldText, findings: readonly WorldFinding[]): string {
  const lines = findings.map((one) => `${placeInWorld(file, world, one)}: ${one.message}`)
  return [...lines, `nothing was changed: ${lines.length} mistake${lines.length === 1 ? '' : 's'}`].join('\n')
}

/** `world.yaml:12:9`, with the policy file that stands on that line. */
export function placeInWorld(
  file: string,
  world: WorldText,
  { line = 1, column = 1 }: Pick<WorldFinding, 'line' | 'column'>,
): string {
  const policy = world.policyFiles.get(line)
  const at = `${shown(file)}:${line}:${column}`
  return policy === undefined ? at : `${at} (${shown(policy)})`
}

function shown(file: string): string {
  const short = relative(process.cwd(), file)
  return short.startsWith('..') ? file : short
}
