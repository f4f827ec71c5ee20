import type { Answered } from './answer.ts'

type Members = Readonly<Record<string, unknown>>

/** The answer of a call whose parts stand or fall by themselves: one that was not done is a failure, and is named. */
export function withItems(answer: Answered): Answered {
  const items = answer.exitCode === 0 ? notDone(answer.content) : []
  return items.length === 0 ? answer : { ...answer, exitCode: 1, sentence: `not done: ${items.join('; ')}` }
}

/**
 * What an answer that arrived well says was not done: submissions of tasks that were not taken on, key pairs of a batch
 * that were not made, hosts that a rotation left out. One sentence each.
 */
function notDone(content: Members): readonly string[] {
  const submissions = [content, ...listOf(content.tasks)].filter(
    ({ status, error_code }) => status === 'FAILED' && typeof error_code === 'string',
  )
  return [
    ...submissions.map((one) => `${one.server_id}: ${one.error_msg} (${one.error_code})`),
    ...listOf(content.failed_keypairs).map((one) => `${one.keypair_name}: ${one.failed_reason}`),
    ...listOf(content.Skipped).map((one) => `${one.HostId}: ${one.ErrorMessage} (${one.ErrorCode})`),
  ]
}

function listOf(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []
}
