/** What the exit code of every command means. Shown by `keyward help`. */
export const exitCodes = {
  0: 'done',
  1: 'failed: the reason is on standard error',
  2: 'the command line, a settings file or a file it names is wrong; nothing was done',
  3: 'denied: no policy allows the call, or one forbids it',
  4: 'findings: a policy document would be refused when it is written',
  5: 'a test came out otherwise than expected, or too little was covered',
  6: 'damaged: the database, its keyring or something that is sealed in it is not whole',
  7: 'tampered with: the audit log is not what was written',
  8: 'differs: an apply would change something (`apply --diff`)',
} as const

export type ExitCode = keyof typeof exitCodes

/** An end that a command foresaw: a sentence for the person and the code for the script. */
export class Stop extends Error {
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.name = 'Stop'
    this.exitCode = exitCode
  }
}

export const failed = (message: string) => new Stop(1, message)
export const misused = (message: string) => new Stop(2, message)
