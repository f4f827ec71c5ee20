/** A pause that can be ended early. */
export interface Bell {
  /** Ends the pause; where nobody pauses, the next one. */
  ring(): void
  /** Resolves after so many milliseconds, with the next ring, or with the first of the others. */
  wait(milliseconds: number, others?: Iterable<Promise<unknown>>): Promise<void>
}

export function createBell(): Bell {
  let rung = false
  let end: (() => void) | undefined
  return Object.freeze<Bell>({
    ring() {
      rung = true
      end?.()
    },
    wait(milliseconds, others = []) {
      return new Promise((resolve) => {
        const timer = setTimeout(done, milliseconds)
        function done(): void {
          if (end !== done) return
          clearTimeout(timer)
          end = undefined
          rung = false
          resolve()
        }
        end = done
        if (rung) done()
        else for (const other of others) other.then(done, done)
      })
    },
  })
}
