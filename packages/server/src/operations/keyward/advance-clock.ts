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
    {
      Milliseconds: Type.Optional(Type.Integer({ minimum: 0, maximum: LONGEST_STEP })),
      Duration: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    },
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
  prepare({ clock, dueWork }, { Milliseconds, Duration }) {
    const by = stepOf(Milliseconds, Duration)
    if (isTestClock(clock)) return { clock, by, ...(dueWork ? { dueWork } : {}) }
    throw refuse({ code: 'UnsupportedOperation', detail: 'the service was not started with --test-clock' })
  },
  // With its entry and nonce: a request that is sent again moves nothing.
  async work(tx, _scope, _input, _targets, { clock, by }) {
    whenDone(tx, () => clock.advance(by))
    return { Now: new Date(clock.now() + by).toISOString() }
  },
  // The answer says that the time has come: what was to happen until then has happened.
  committed: async ({ dueWork }) => dueWork?.done(),
  example: { Milliseconds: 1000 },
})

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** How far to move: exactly one of both says it. */
function stepOf(milliseconds: number | undefined, duration: string | undefined): number {
  const wrong = (name: string, detail: string) => refuse({ code: 'InvalidParameter', name, detail })
  if ((milliseconds === undefined) === (duration === undefined))
    throw wrong('Duration', 'give one of Duration (such as 8d) and Milliseconds')
  if (duration === undefined) return milliseconds!
  if (!/^(?:\d{1,12}(?:ms|s|m|h|d))+$/.test(duration))
    throw wrong('Duration', 'Duration must be a time such as 8d, 36h, 1h30m or 500ms')
  const parts = [...duration.matchAll(/(\d+)(ms|s|m|h|d)/g)]
  const step = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * UNITS[unit]!, 0)
  if (step > LONGEST_STEP) throw wrong('Duration', 'the clock moves by 366 days at most in one call')
  return step
}

function isTestClock(clock: Clock): clock is TestClock {
  return 'advance' in clock
}
