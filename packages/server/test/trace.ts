/** What the order of a server's system calls says of its answers. */
export interface Trace {
  /** Answers whose entry was found in the log. */
  readonly answers: number
  readonly syncs: number
  /** Request ids of the answers that left before their entry was durable. */
  readonly early: readonly string[]
}

interface SystemCall {
  readonly name: string
  readonly file: string
  readonly text: string
  /** Lines of the trace at which it began and ended. */
  readonly began: number
  ended: number
}

/** Reads the output of `strace -f -y`: a line a call, or two where another thread came between. */
export function readTrace(trace: string, requestIds: readonly string[]): Trace {
  const calls = systemCalls(trace)
  const syncs = calls.filter(({ name, file }) => name === 'fdatasync' && file.endsWith('-wal'))
  const logged = calls.filter(({ name, file }) => name === 'pwrite64' && file.endsWith('-wal'))
  const sent = calls.filter(({ file }) => /^(socket|TCP)/.test(file))
  const early: string[] = []
  let answers = 0
  for (const id of requestIds) {
    const entry = logged.find(({ text }) => text.includes(id))
    const answer = sent.find(({ text }) => text.includes(id))
    // An id that lies across two pages of the log is in none of its writes.
    if (!entry || !answer) continue
    answers += 1
    const durable = syncs.some((sync) => sync.began > entry.ended && sync.ended < answer.began)
    if (!durable) early.push(id)
  }
  return { answers, syncs: syncs.length, early }
}

function systemCalls(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = []
  const unfinished = new Map<string, SystemCall>()
  for (const [line, text] of trace.split('\n').entries()) {
    const begun = /^(\d+)\s+(\w+)\(\d+<([^>]*)>/.exec(text)
    if (begun) {
      const [, thread = '', name = '', file = ''] = begun
      const call = { name, file, text, began: line, ended: line }
      calls.push(call)
      if (text.endsWith('<unfinished ...>')) {
        call.ended = Number.POSITIVE_INFINITY
        unfinished.set(thread, call)
      }
      continue
    }
    const resumed = /^(\d+)\s+<\.\.\. \w+ resumed>/.exec(text)
    const call = resumed && unfinished.get(resumed[1] ?? '')
    if (call) call.ended = line
  }
  return calls
}
