import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { didYouMean } from '@keyward/policy'
import { isLoopback } from '../base/addresses.ts'
import {
  type AuditSinkAddress,
  type Database,
  flagOf,
  type LogLevel,
  logLevels,
  type SettingName,
  type Settings,
  settingRows,
  type Tls,
  variableOf,
} from './settings.ts'
import { type Address, checkNetwork, isHostName, readAddress } from './settings-address.ts'
import { readSettingsFile, type SettingsFile } from './settings-file.ts'

/** Where settings come from. A flag wins over a variable, a variable over the file, the file over the default. */
export interface SettingSources {
  /** By name without dashes; a switch that was given has one value, `true`. Unknown names are refused. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Relative paths of flags and variables start here. */
  readonly folder: string
}

/** Every problem at once, each a sentence. */
export type SettingsRead =
  | { readonly settings: Settings; readonly problems?: undefined }
  | { readonly settings?: undefined; readonly problems: readonly string[] }

interface Given {
  readonly texts: readonly string[]
  /** How the person spelled it: a flag, a variable, or a place in the file. */
  readonly as: string
  readonly folder: string
}

/** Reads and checks the settings. Looks at the files they name, changes nothing. */
export function readSettings(sources: SettingSources): SettingsRead {
  const problems: string[] = []
  const given = gather(sources, problems)
  if (problems.length > 0) return { problems }

  const say = (name: SettingName, sentence: string) => {
    problems.push(`${given.get(name)?.as ?? flagOf(name)}: ${sentence}`)
  }
  const text = (name: SettingName) => given.get(name)?.texts.at(-1)
  const path = (name: SettingName) => {
    const one = given.get(name)
    if (one?.texts.at(-1) === '') say(name, 'names no file')
    return one && resolve(one.folder, one.texts.at(-1) ?? '')
  }
  const oneOf = <T extends string>(name: SettingName, allowed: readonly T[], otherwise: T): T => {
    const value = text(name) ?? otherwise
    if ((allowed as readonly string[]).includes(value)) return value as T
    say(
      name,
      `\`${value}\` is not one of ${allowed.map((one) => `\`${one}\``).join(', ')}${didYouMean(value, allowed)}`,
    )
    return otherwise
  }

  const data = path('data') ?? resolve(sources.folder, 'data')
  const listen = readAddress(text('listen') ?? '127.0.0.1:7700')
  if (typeof listen === 'string') say('listen', listen)
  const address = typeof listen === 'string' ? { host: '127.0.0.1', port: 0 } : listen
  const trustedProxies = given.get('trusted-proxy')?.texts ?? []
  for (const problem of trustedProxies.map(checkNetwork)) if (problem) say('trusted-proxy', problem)

  const settings: Settings = {
    listen: address,
    data,
    database: database(),
    rootKey: path('root-key') ?? join(data, 'root.key'),
    ...tls(),
    trustedProxies,
    regions: {
      alibaba: region('region-alibaba', 'cn-hangzhou'),
      huawei: region('region-huawei', 'cn-north-4'),
    },
    ...apply(),
    testClock: switched('test-clock'),
    strictDependencies: switched('strict-dependencies'),
    cloudDefaultPolicy: switched('cloud-default-policy'),
    ...offlineHooks(),
    logLevel: oneOf<LogLevel>('log-level', logLevels, 'info'),
    accessLog: switched('access-log'),
    ...auditSink(),
    ...auditRetention(),
    auditArchive: path('audit-archive') ?? join(data, 'audit-archive'),
    ...metrics(),
    ...traces(),
  }
  if (switched('insecure-test-clock') && !settings.testClock)
    say('insecure-test-clock', 'comes without a test clock; add `--test-clock`')
  if (switched('insecure-http') && settings.tls)
    say('insecure-http', 'stands beside TLS; leave one of them out')
  if (!isLoopback(address.host)) {
    if (!settings.tls && !switched('insecure-http') && problems.length === 0) {
      say(
        'listen',
        `\`${address.host}\` can be reached from other machines, and plain HTTP would show them keys and plaintext; add \`--tls self-signed\`, or \`--tls-cert\` and \`--tls-key\`, or listen on a loopback address behind a proxy that speaks TLS; where nobody else reads the network, as in a container of a test, \`--insecure-http\` allows it`,
      )
    }
    if (settings.testClock && !switched('insecure-test-clock'))
      say(
        'test-clock',
        'a clock that callers may move is for loopback addresses only; where only tests reach it, add `--insecure-test-clock`',
      )
  }
  return problems.length > 0 ? { problems } : { settings: Object.freeze(settings) }

  function database(): Database {
    const url = text('database') ?? `sqlite:${join(data, 'keyward.db')}`
    if (/^sqlite:(:|file:|$)/.test(url)) {
      // SQLite would take these for a database in memory; here they would be names of files.
      say(
        'database',
        '`sqlite:` wants the path of a file; a database in memory is not offered: `keyward dev` runs a service that leaves nothing behind',
      )
      return { kind: 'sqlite', path: '' }
    }
    if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
      return {
        kind: 'sqlite',
        path: resolve(given.get('database')?.folder ?? '/', url.slice('sqlite:'.length)),
      }
    }
    if (/^postgres(ql)?:\/\/./.test(url) && URL.canParse(url)) return { kind: 'postgres', url }
    // The text is not repeated: it may hold a password.
    say('database', 'is neither `sqlite:PATH` nor `postgres://USER:PASSWORD@HOST:PORT/NAME`')
    return { kind: 'sqlite', path: '' }
  }

  function tls(): { tls?: Tls } {
    const [cert, key, own] = [path('tls-cert'), path('tls-key'), text('tls')]
    const passphrase = path('tls-key-passphrase')
    const minimum = oneOf('tls-min', ['1.2', '1.3'], '1.2')
    const names = given.get('tls-name')?.texts ?? []
    for (const name of names)
      if (!isHostName(name)) say('tls-name', `\`${name}\` is neither a name nor an address`)
    if (names.length > 0 && own === undefined)
      say('tls-name', 'is for the certificate of its own making; add `--tls self-signed`')
    if (own !== undefined) oneOf('tls', ['self-signed'], 'self-signed')
    if (own !== undefined && (cert || key))
      say('tls', 'stands beside a certificate of your own; give one or the other')
    else if (cert && !key) say('tls-cert', 'comes without its private key; add `--tls-key FILE`')
    else if (key && !cert) say('tls-key', 'comes without its certificate; add `--tls-cert FILE`')
    else if (cert && key) {
      mustExist('tls-cert', cert)
      mustBePrivate('tls-key', key)
      if (passphrase) mustBePrivate('tls-key-passphrase', passphrase)
      return { tls: { kind: 'files', cert, key, ...(passphrase ? { passphrase } : {}), minimum } }
    } else if (passphrase) say('tls-key-passphrase', 'comes without a private key; add `--tls-key FILE`')
    else if (own !== undefined) return { tls: { kind: 'self-signed', minimum, names } }
    else if (given.has('tls-min')) say('tls-min', 'is set, but nothing asks for TLS')
    return {}
  }

  function apply(): { apply?: string } {
    const file = path('apply')
    if (file) mustExist('apply', file)
    return file ? { apply: file } : {}
  }

  function switched(name: SettingName): boolean {
    return oneOf(name, ['true', 'false'], 'false') === 'true'
  }

  function offlineHooks(): { offlineHooks?: string } {
    const folder = path('offline-hooks')
    if (!folder) return {}
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      say('offline-hooks', `there is no folder \`${folder}\``)
    }
    return { offlineHooks: folder }
  }

  function auditSink(): { auditSink?: AuditSinkAddress } {
    const [url, ca] = [text('audit-sink'), path('audit-sink-ca')]
    if (ca) mustExist('audit-sink-ca', ca)
    const syslog = /^syslog\+(tcp|tls):\/\/[^/?#@]+:\d+$/.exec(url ?? '')
    if (ca && syslog?.[1] !== 'tls')
      say('audit-sink-ca', 'is for a sink over TLS; add `--audit-sink syslog+tls://HOST:PORT`')
    if (url === undefined) return {}
    if (/^file:./.test(url))
      return {
        auditSink: {
          kind: 'file',
          path: resolve(given.get('audit-sink')!.folder, url.slice('file:'.length)),
        },
      }
    const at = syslog ? readAddress(url.slice(url.indexOf('//') + 2)) : undefined
    if (at === undefined || typeof at === 'string' || at.port === 0) {
      say(
        'audit-sink',
        `\`${url}\` is none of \`file:PATH\`, \`syslog+tcp://HOST:PORT\` and \`syslog+tls://HOST:PORT\`${/^syslog(\+udp)?:/.test(url) ? '; over UDP, entries would be lost unseen' : ''}`,
      )
      return {}
    }
    return { auditSink: { kind: 'syslog', url, ...at, tls: syslog![1] === 'tls', ...(ca ? { ca } : {}) } }
  }

  function auditRetention(): { auditRetention?: number } {
    const value = text('audit-retention')
    if (value === undefined) {
      if (given.has('audit-archive'))
        say('audit-archive', 'is set, but nothing leaves; add `--audit-retention DAYS`')
      return {}
    }
    const days = /^(\d{1,5})d$/.exec(value)?.[1]
    if (days !== undefined && Number(days) > 0) return { auditRetention: Number(days) * 86_400_000 }
    say('audit-retention', `\`${value}\` is not a number of days such as \`400d\``)
    return {}
  }

  function metrics(): { metrics?: Address } {
    const value = text('metrics')
    if (value === undefined) return {}
    const at = readAddress(value)
    if (typeof at !== 'string' && at.port !== 0 && at.port === address.port && at.host === address.host)
      say('metrics', 'is the address of the service itself; metrics need one of their own')
    if (typeof at !== 'string') return { metrics: at }
    say('metrics', at)
    return {}
  }

  function traces(): { traces?: { url: string; share: number } } {
    const [url, written] = [text('traces'), text('trace-share')]
    const share = Number(written ?? 1)
    if (written !== undefined && (!/^\d*\.?\d+$/.test(written) || share > 1))
      say('trace-share', `\`${written}\` is not a number from 0 to 1`)
    if (written !== undefined && url === undefined)
      say('trace-share', 'is set, but nothing is traced; add `--traces URL`')
    if (url === undefined) return {}
    if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
      say('traces', 'is not an address such as `http://127.0.0.1:4318`')
    return { traces: { url, share } }
  }

  function region(name: SettingName, otherwise: string): string {
    const value = text(name) ?? otherwise
    if (!/^[a-z]{2,}(-[a-z0-9]+)+$/.test(value))
      say(name, `\`${value}\` is not a region such as \`${otherwise}\``)
    return value
  }

  function mustBePrivate(name: SettingName, file: string) {
    const mode = mustExist(name, file)?.mode ?? 0
    if (process.platform !== 'win32' && (mode & 0o007) !== 0)
      say(name, `every user of this machine can read \`${file}\`; run: chmod o= ${file}`)
  }

  function mustExist(name: SettingName, file: string) {
    const found = statSync(file, { throwIfNoEntry: false })
    if (!found?.isFile()) say(name, `there is no file \`${file}\``)
    return found
  }
}

/** The winning source of each setting. Refuses names that nothing knows. */
function gather({ flags, environment, folder }: SettingSources, problems: string[]): Map<string, Given> {
  const names: string[] = settingRows.map((row) => row.name)
  for (const name of flags.keys()) {
    if (!names.includes(name))
      problems.push(`unknown flag \`${flagOf(name)}\`${didYouMean(flagOf(name), names.map(flagOf))}`)
  }
  const variables = names.map(variableOf)
  for (const variable of Object.keys(environment)) {
    // What `keyward dev` tells programs is no setting.
    if (variable.startsWith('KEYWARD_DEV_')) continue
    if (variable.startsWith('KEYWARD_') && !variables.includes(variable)) {
      problems.push(`unknown variable \`${variable}\`${didYouMean(variable, variables)}`)
    }
  }
  const config = flags.get('config')?.at(-1) ?? environment.KEYWARD_CONFIG
  const file: SettingsFile | undefined =
    config === undefined ? undefined : readSettingsFile(resolve(folder, config))
  problems.push(...(file?.problems ?? []))

  const given = new Map<string, Given>()
  for (const { name, type } of settingRows) {
    const flag = flags.get(name)
    const variable = environment[variableOf(name)]
    const member = file?.values.get(name)
    if (flag && flag.length > 1 && type !== 'list') problems.push(`${flagOf(name)}: is given more than once`)
    if (flag) given.set(name, { texts: flag, as: flagOf(name), folder })
    else if (variable !== undefined) {
      const texts = type === 'list' ? variable.split(',').map((one) => one.trim()) : [variable]
      given.set(name, { texts, as: variableOf(name), folder })
    } else if (member)
      given.set(name, { texts: member.texts, as: `${member.place}: ${name}`, folder: file!.folder })
  }
  return given
}
