import { Stop } from '../exit.ts'
import { findOperation } from './operations.ts'
import type { Session } from './profile.ts'
import { callOperation } from './send.ts'

/** One call of a Keyward operation. Stops with the reason when it is refused. */
export async function ask(
  session: Session,
  word: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { exitCode, content, sentence } = await callOperation(session, findOperation('keyward', word), input)
  if (exitCode === 0) return content
  throw new Stop(exitCode, sentence ?? 'refused')
}
