import { hasOutput, type KeywardOutputs } from '@keyward/server/client'
import { failed, Stop } from '../exit.ts'
import { findOperation } from './operations.ts'
import type { Session } from './profile.ts'
import { callOperation } from './send.ts'

/** One call of a Keyward operation. Stops with the reason when it is refused. */
export async function ask<W extends keyof KeywardOutputs>(
  session: Session,
  word: W,
  input: Record<string, unknown>,
): Promise<KeywardOutputs[W]> {
  const { exitCode, content, sentence } = await callOperation(session, findOperation('keyward', word), input)
  if (exitCode === 0) return answerOf(word, content)
  throw new Stop(exitCode, sentence ?? 'refused')
}

/** The answer of an operation by its type, once it has the shape of it. */
export function answerOf<W extends keyof KeywardOutputs>(
  word: W,
  content: Record<string, unknown>,
): KeywardOutputs[W] {
  if (hasOutput(word, findOperation('keyward', word), content)) return content
  throw failed(
    `the service answers \`${word}\` in a form that this command does not know: is it of another version?`,
  )
}
