import { Type } from 'typebox'
import type { Clock, TestClock } from '../../base/clock.ts'
import { refuse } from '../../base/problem.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { whenDone } from '../../store/handles.ts'

/** A year: a test that needs more calls again. */
const LONGEST_STEP = 366 * 86_400_000

/**
 * Moves the clock of a service that was started with `--test-clock`: jobs, lifetimes and current time follow, the
 * signature window does not (design, section 7). On any other service it is refused. Over many processes it moves the
 * one that is asked.
 */
export const advanceClock = writeOperation({
  name: 'keyward:AdvanceClock',
  summary: 'Move the test clock forward',
  effect: 'write',
  input: Type.Object(
    { Milliseconds: Type.Integer({ minimum: 0, maximum: LONGEST_STEP }) },
    { additionalProperties: false },
  ),
  output: Type.Object({ Now: Type.String() }),
  resolve: () => undefined,
  checks: ({ caller }) => [
    {
      language: 'ram',
      action: 'keyward:AdvanceClock',
      resource: `acs:keyward:*:${caller.account.uid}:clock`,
      owner: caller.account.uid,
      facts: {},
    },
  ],
  decided: () => [],
  touches: () => [],
  prepare({ clock }) {
    if (isTestClock(clock)) return clock
    throw refuse({ code: 'UnsupportedOperation', detail: 'the service was not started with --test-clock' })
  },
  // With its entry and nonce: a request that is sent again moves nothing.
  async work(tx, _scope, { Milliseconds }, _targets, clock) {
    whenDone(tx, () => clock.advance(Milliseconds))
    return { Now: new Date(clock.now() + Milliseconds).toISOString() }
  },
  example: () => ({ Milliseconds: 1000 }),
})

function isTestClock(clock: Clock): clock is TestClock {
  return 'advance' in clock
}
