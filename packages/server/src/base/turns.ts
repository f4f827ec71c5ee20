import { setImmediate } from 'node:timers/promises'

/** A piece of work that may be long: it yields where it can be put aside. */
export type Turns<T> = Generator<undefined, T>

/** How long one piece of work holds the event loop at a time, in milliseconds. */
const TURN = 10

/** Asked between steps of a long work: a promise when others had no turn for a while, else nothing. */
export function createBreather(milliseconds = TURN): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < milliseconds) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}

/** Does a work in parts, with the others' turns between them. */
export async function inTurns<T>(work: Turns<T>, milliseconds = TURN): Promise<T> {
  const breathe = createBreather(milliseconds)
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    const turn = breathe()
    if (turn) await turn
  }
}

/** Does it at once. */
export function atOnce<T>(work: Turns<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

/** What `one` gives for each item: others may have a turn after any of them. */
export function* each<T, R>(items: readonly T[], one: (item: T) => R): Turns<R[]> {
  const all: R[] = []
  for (const item of items) {
    all.push(one(item))
    yield
  }
  return all
}
