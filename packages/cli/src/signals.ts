import { isatty } from 'node:tty'

/** Signals that ask a server to stop. One that was caught in a group may come again from a launcher. */
export const stopping = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const

/**
 * Signals that would end a process, or open it, and have nothing to tell a server. SIGPIPE is ignored by Node itself.
 * SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS and SIGTRAP are not held: they say that the process is broken.
 */
export const held = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGSTKFLT',
  'SIGXFSZ',
] as const

/** A person who presses Ctrl-C again after this long, in milliseconds, will not wait for the calls in flight. */
const IMPATIENT_MS = 2000

export interface HeldSignals {
  /** Resolves with the first reason to stop: the name of a signal, or that the launcher is gone. */
  readonly stop: Promise<string>
  /** What SIGHUP asks for from now on. */
  onReload(reload: () => void): void
  /** Lets go of what would keep the process alive. The signals stay held. */
  release(): void
}

/** Takes over every signal that can be taken over. To be called once, before a server does anything. */
export function holdSignals(): HeldSignals {
  const { promise: stop, resolve } = Promise.withResolvers<string>()
  let reload = () => {}
  let asked: number | undefined
  for (const signal of held) process.on(signal, () => {})
  for (const signal of stopping) {
    process.on(signal, () => {
      // Only a person ends it at once; a service manager that will not wait has SIGKILL.
      if (signal === 'SIGINT' && asked !== undefined && performance.now() - asked > IMPATIENT_MS)
        process.exit(130)
      asked ??= performance.now()
      resolve(signal)
    })
  }

  const terminal = [0, 1, 2].find((fd) => isatty(fd))
  process.on('SIGHUP', () => {
    // It came because the terminal was closed: a server that nobody sees any more must not stay.
    if (terminal !== undefined && !isatty(terminal)) resolve('the terminal is gone')
    else reload()
  })

  // A reader of our streams who goes away is no reason to stop.
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error')
    stream.on('error', () => {})
  }

  if (process.connected === false) resolve('the launcher is gone')
  else if (process.channel) process.once('disconnect', () => resolve('the launcher is gone'))
  return {
    stop,
    onReload(what) {
      reload = what
    },
    release() {
      if (process.connected) process.disconnect?.()
    },
  }
}
