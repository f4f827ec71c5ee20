import { addLine, lineState } from './authorized-keys.ts'
import { HostFailure } from './failure.ts'
import { readConfig, readKeys } from './host-files.ts'
import { type Found, linesToRemove, stepsOf } from './job.ts'
import { type PasswordPlan, planPasswords, wantedConfig } from './passwords.ts'
import { questionOf, refuseUnless, survives } from './proofs.ts'
import type { StepContext } from './steps.ts'
import { otherWayIn } from './ways-in.ts'

/**
 * Looks at everything that a job stands on before it changes anything, and refuses what could not be done well. Raises
 * `HostFailure`.
 */
export async function inspect(context: StepContext): Promise<Found> {
  const { session, job } = context
  const open = await session()
  const { content, before } = await readKeys(open)
  const going = linesThere(context, content)
  // Raises when the key stands there in a line of someone else.
  if (job.add !== undefined) addLine(content, job.add)
  const hadAdd = job.add !== undefined && lineState(content, job.add) === 'present'
  const found = { hadAdd, going, keys: before }
  if (job.passwords === 'keep') return found
  const plan = await planPasswords(context)
  if (stepsOf(job).includes('prove-way-in') && !survives(context)) await foresee(context, plan, content)
  return plan.change ? { ...found, passwords: plan.change } : found
}

/** The lines to remove that are there. Raises `KeysAltered` when one that should be is not, or is not as it was. */
function linesThere({ job }: StepContext, content: Buffer): readonly string[] {
  const states = linesToRemove(job).map((line) => [line, lineState(content, line)] as const)
  if (job.remove !== undefined) {
    const state = lineState(content, job.remove)
    const how = state === 'absent' ? 'is missing from' : 'was changed in'
    if (state === 'changed' || (state === 'absent' && !job.doubt?.removeMayLack)) {
      throw new HostFailure('KeysAltered', `the line of the bound key ${how} authorized_keys`)
    }
  }
  return states.filter(([, state]) => state === 'present').map(([line]) => line)
}

/** Judges what will let the user in without the key, before anything is changed. */
async function foresee(context: StepContext, plan: PasswordPlan, file: Buffer): Promise<void> {
  const session = await context.session()
  const { asRoot, change, refused } = plan
  const question = { ...questionOf(context), session, asRoot, file }
  if (!change) {
    const judged = await otherWayIn({ ...question, offered: plan.offered })
    // Without sudo nothing can be switched on: that is the cause, where passwords would be the way.
    if (judged.way !== 'yes' && refused && !plan.offered) throw refused
    return refuseUnless(judged)
  }
  const { wanted } = await wantedConfig(context, await readConfig(session, context.sshd))
  refuseUnless(await otherWayIn({ ...question, asRoot: true, offered: undefined, config: wanted }))
}
