import type { Io } from '../io.ts'

/** Between two looks, in milliseconds. */
const PAUSE = 300

/** Looks at what the service does until it is done, and shows on the terminal how far it is. */
export async function watch<T>(
  io: Io,
  look: () => Promise<T>,
  isDone: (seen: T) => boolean,
  show: (seen: T) => string,
): Promise<T> {
  for (;;) {
    const seen = await look()
    const done = isDone(seen)
    io.status(done ? '' : show(seen))
    if (done) return seen
    await new Promise((go) => setTimeout(go, PAUSE))
  }
}
