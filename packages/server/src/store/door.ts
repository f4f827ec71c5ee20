import { refuse } from '../base/problem.ts'

export interface DoorOptions {
  /** Writes that may wait; one more is refused with `Overloaded`. */
  readonly maxWaiting: number
  /** Writes of one account that may wait. */
  readonly maxWaitingOfAccount: number
}

/**
 * Who may wait to write. It refuses at once, before anything is kept for the call, and by account: callers of one that
 * writes without end do not take the place of others.
 */
export interface Door {
  /** Raises `Overloaded`. */
  enter(accounts: readonly string[]): void
  leave(accounts: readonly string[]): void
}

export function createDoor({ maxWaiting, maxWaitingOfAccount }: DoorOptions): Door {
  const waiting = new Map<string, number>()
  let all = 0
  return {
    enter(accounts) {
      if (all >= maxWaiting || accounts.some((uid) => (waiting.get(uid) ?? 0) >= maxWaitingOfAccount)) {
        throw refuse({ code: 'Overloaded' })
      }
      all += 1
      for (const uid of accounts) waiting.set(uid, (waiting.get(uid) ?? 0) + 1)
    },
    leave(accounts) {
      all -= 1
      for (const uid of accounts) {
        const left = waiting.get(uid)! - 1
        if (left === 0) waiting.delete(uid)
        else waiting.set(uid, left)
      }
    },
  }
}
