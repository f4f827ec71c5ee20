import { describe, expect, it } from 'vitest'
import { type Entry, type HostJob, nextOf, type Step, stepsOf } from './job.ts'

const add = 'ssh-ed25519 NEW new'
const remove = 'ssh-ed25519 OLD old'
const job = (parts: Partial<HostJob>): HostJob => ({ id: 'a1', passwords: 'keep', ...parts })

/** What a job does in full when the given step fails, or the undo of one does. */
function walk(work: HostJob, failing?: Step, stuck?: Step): string[] {
  const journal: Entry[] = []
  const seen: string[] = []
  for (;;) {
    const next = nextOf(work, journal)
    if ('end' in next) return [...seen, next.end.ok ? 'ok' : `failed, left: ${next.end.left.join(' ')}`]
    if ('do' in next) {
      seen.push(next.do)
      journal.push({ step: next.do, event: 'started' })
      const event =
        next.do === failing ? { event: 'failed', code: 'ConnectionLost', message: '' } : { event: 'done' }
      journal.push({ step: next.do, ...event } as Entry)
    } else {
      seen.push(`undo ${next.undo}`)
      journal.push({ step: next.undo, event: next.undo === stuck ? 'stuck' : 'undone' })
    }
  }
}

describe('the steps of a job', () => {
  it.each([
    ['bind', job({ add }), ['inspect', 'add-key', 'prove-key']],
    [
      'replace without passwords',
      job({ add, remove, passwords: 'off' }),
      ['inspect', 'add-key', 'prove-key', 'set-passwords', 'prove-passwords', 'remove-key', 'prove-removal'],
    ],
    [
      'unbind',
      job({ remove, passwords: 'on' }),
      ['inspect', 'set-passwords', 'prove-passwords', 'prove-way-in', 'remove-key', 'prove-removal'],
    ],
    [
      'unbind where the door may be shut',
      job({ remove, passwords: 'on', allowLockout: true }),
      ['inspect', 'set-passwords', 'prove-passwords', 'remove-key', 'prove-removal'],
    ],
    [
      'unbind where another line may have been left',
      job({ remove, passwords: 'keep', doubt: { removeMayLack: true, also: [add] } }),
      ['inspect', 'prove-way-in', 'remove-key', 'prove-removal'],
    ],
    [
      'the same key again',
      job({ add, remove: 'ssh-ed25519 NEW other' }),
      ['inspect', 'add-key', 'prove-key'],
    ],
  ] as const)('of %s', (_name, work, steps) => {
    expect(stepsOf(work)).toEqual(steps)
    expect(walk(work)).toEqual([...steps, 'ok'])
  })

  it('let in and prove before they lock out', () => {
    const steps = stepsOf(job({ add, remove, passwords: 'off' }))
    const at = (step: Step) => steps.indexOf(step)
    expect(at('prove-key')).toBeLessThan(at('set-passwords'))
    expect(at('prove-key')).toBeLessThan(at('remove-key'))
    const unbind = stepsOf(job({ remove, passwords: 'on' }))
    expect(unbind.indexOf('prove-passwords')).toBeLessThan(unbind.indexOf('prove-way-in'))
    expect(unbind.indexOf('prove-way-in')).toBeLessThan(unbind.indexOf('remove-key'))
  })

  it('are taken back in reverse, the failed one too', () => {
    const work = job({ add, remove, passwords: 'off' })
    expect(walk(work, 'inspect')).toEqual(['inspect', 'failed, left: '])
    expect(walk(work, 'add-key').slice(1)).toEqual(['add-key', 'undo add-key', 'failed, left: '])
    expect(walk(work, 'prove-removal').slice(-4)).toEqual([
      'undo remove-key',
      'undo set-passwords',
      'undo add-key',
      'failed, left: ',
    ])
    expect(walk(work, 'prove-passwords', 'set-passwords').slice(-3)).toEqual([
      'undo set-passwords',
      'undo add-key',
      'failed, left: set-passwords',
    ])
  })

  it('go on where a crash left them', () => {
    const work = job({ add })
    const journal: Entry[] = [
      { step: 'inspect', event: 'started' },
      { step: 'inspect', event: 'done', found: { hadAdd: false } },
      { step: 'add-key', event: 'started' },
    ]
    expect(nextOf(work, journal)).toEqual({ do: 'add-key' })
    journal.push({ step: 'add-key', event: 'failed', code: 'KeysNotWritable', message: 'm' })
    expect(nextOf(work, journal)).toEqual({ undo: 'add-key' })
    journal.push({ step: 'add-key', event: 'undone' })
    expect(nextOf(work, journal)).toEqual({
      end: { ok: false, code: 'KeysNotWritable', message: 'm', left: [] },
    })
  })
})
