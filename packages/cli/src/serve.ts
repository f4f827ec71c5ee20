import { Refusal } from '@keyward/server/offline'
import { readSettings, type Settings, settingRows, settingsHelp } from '@keyward/server/settings'
import type { Command } from './command.ts'
import { failed, misused } from './exit.ts'
import { keepMemoryPrivate, openToOthers } from './private-process.ts'
import { holdSignals } from './signals.ts'

/** Runs the service until it is told to stop. */
export const serve: Command = {
  name: 'serve',
  usage: '[FLAGS]',
  about:
    'Runs the service in the foreground. When it is ready it prints one line with its URL to standard output; the log goes to standard error as JSON lines. SIGTERM, SIGINT and SIGQUIT let calls in flight finish, then it exits with 0; SIGHUP reads the certificate anew; other signals change nothing.\nThe first start makes the root key, one account and the access key of its root, kept in the data folder. A later start changes nothing.',
  examples: [
    ['keyward serve', 'for this machine alone'],
    [
      'keyward serve --listen 127.0.0.1:0 --data /tmp/kw --apply world.yaml',
      'for a test: any port, a world from a file',
    ],
    ['keyward serve --listen 0.0.0.0:7700 --tls self-signed', 'for other machines'],
  ],
  flags: settingRows,
  flagsHelp: settingsHelp,
  words: [0, 0],
  async run(line, io) {
    // Before anything is read or loaded: a signal during the start must not be lost, and none may end it.
    const signals = holdSignals()
    const open = openToOthers()
    if (open !== undefined) throw misused(open)
    keepMemoryPrivate()
    const { flags } = line
    const { settings, problems } = readSettings({ flags, environment: io.environment, folder: io.folder })
    if (problems) throw misused(`${problems.join('\n')}\nmore with: keyward help serve`)

    // The service is large: a mistyped flag is answered before it is loaded.
    const { createLog } = await import('@keyward/server')
    const { startServer } = await import('@keyward/server')
    const log = createLog(settings.logLevel)
    const service = await startServer(settings, { log }).catch((error: unknown) => {
      throw failed(startFailure(error, settings))
    })
    if (service.firstStart && io.person.reads) {
      const { credentialsFile, credentials } = service.firstStart
      io.out(`first start: this is the access key of the account's root, kept in ${credentialsFile}`)
      for (const [name, value] of Object.entries(credentials)) io.out(`  ${name.padEnd(16)} ${value}`)
    } else if (service.firstStart) {
      // The secret is for a person's eyes: a log or a pipe gets the path alone.
      const { credentialsFile } = service.firstStart
      log.info({ credentialsFile }, 'first start: the root credentials are in a file')
    }
    io.out(service.url)
    signals.onReload(() => void service.reload())
    log.info({ reason: await signals.stop }, 'stopping: what has arrived is answered first')
    await service.close()
    signals.release()
    return 0
  },
}

type ListenError = NodeJS.ErrnoException & { readonly address: string; readonly port: number }

/** Why the service did not start, as a sentence. */
function startFailure(error: unknown, { listen }: Settings): string {
  if (error instanceof Refusal && error.problem.code === 'Unavailable') {
    return error.problem.detail
  }
  const { code, message = String(error), address: host, port } = error as Partial<ListenError>
  // The service and its metrics each listen: the error says which of the two could not.
  const address = `${host ?? listen.host}:${port ?? listen.port}`
  if (code === 'EADDRINUSE') return `\`${address}\` is taken by another program; port 0 picks a free one`
  if (code === 'EADDRNOTAVAIL') return `\`${host ?? listen.host}\` is not an address of this machine`
  if (code === 'EACCES' && /listen/.test(message))
    return `\`${address}\` needs privileges; choose a port above 1023`
  return message
}
