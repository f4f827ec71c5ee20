import { Refusal } from '../../base/problem.ts'

/** Does nothing where the verb finds that it is done already: IAM answers that as it answers the first time. */
export async function unlessThere(verb: () => Promise<void>): Promise<void> {
  try {
    await verb()
  } catch (thrown) {
    if (!(thrown instanceof Refusal && thrown.problem.code === 'IdentityExists')) throw thrown
  }
}
