import type { Address } from './settings-address.ts'

/**
 * The settings of the service: what `keyward serve` runs with. Made by `readSettings`, checked and complete.
 */
export interface Settings {
  readonly listen: Address
  /** Absolute path of the folder that holds what the service keeps in files. */
  readonly data: string
  readonly database: Database
  /** Absolute path of the root key file. */
  readonly rootKey: string
  /** Absent: plain HTTP, which only a loopback address may speak. */
  readonly tls?: Tls
  /** Addresses and networks (CIDR) whose forwarded headers are believed. */
  readonly trustedProxies: readonly string[]
  readonly regions: { readonly alibaba: string; readonly huawei: string }
  /** Absolute path of a file to apply before the service is ready. */
  readonly apply?: string
  readonly testClock: boolean
  /** A call needs every dependent action that its table lists, not only those that it exercises. */
  readonly strictDependencies: boolean
  /** Keys and secrets that are made without a policy get the cloud's. */
  readonly cloudDefaultPolicy: boolean
  /** Absolute path of the folder of programs that edit the disks of shut-off hosts. */
  readonly offlineHooks?: string
  readonly logLevel: LogLevel
  /** A line in the log for every call. */
  readonly accessLog: boolean
  /** Another system that gets every entry of the audit. Absent: none. */
  readonly auditSink?: AuditSinkAddress
  /** How old entries of the audit become in the database, in milliseconds. Absent: any age. */
  readonly auditRetention?: number
  /** Absolute path of the folder for entries that were old enough. */
  readonly auditArchive: string
  /** Where metrics are served; absent: nowhere. */
  readonly metrics?: Address
  /** Where traces are sent: the address of an OTLP collector, and which share of them. Absent: nothing is traced. */
  readonly traces?: { readonly url: string; readonly share: number }
}

export type AuditSinkAddress =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'syslog'
      /** As it was given. */
      readonly url: string
      readonly host: string
      readonly port: number
      readonly tls: boolean
      readonly ca?: string
    }

export type Database =
  | { readonly kind: 'sqlite'; readonly path: string }
  /** The URL may hold a password: never log it. */
  | { readonly kind: 'postgres'; readonly url: string }

export type Tls = { readonly minimum: '1.2' | '1.3' } & (
  | {
      readonly kind: 'files'
      readonly cert: string
      readonly key: string
      /** File with the passphrase of the key. */
      readonly passphrase?: string
    }
  | { readonly kind: 'self-signed'; readonly names: readonly string[] }
)

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One setting as a person gives it. Flag, variable and file key are spelled from the one name. */
export interface SettingRow {
  /** `tls-min`: flag `--tls-min`, variable `KEYWARD_TLS_MIN`, file key `tls-min`. */
  readonly name: string
  /** A `switch` is given or not; a `list` may be given many times (with commas in a variable). */
  readonly type: 'text' | 'switch' | 'list'
  /** What stands for the value in the help. Absent for a switch. */
  readonly value?: string
  /** As the help shows it. Absent: not set. */
  readonly default?: string
  readonly description: string
  /** Cannot stand in the settings file. */
  readonly notInFile?: true
}

/**
 * Every setting. The flags, the variables, the file, `keyward serve --help` and docs/settings.md are made from this
 * table, and nothing else is accepted.
 */
export const settingRows = [
  {
    name: 'listen',
    type: 'text',
    value: 'HOST:PORT',
    default: '127.0.0.1:7700',
    description:
      'Address to listen on. Port 0 picks a free one. Plain HTTP is for loopback addresses only, unless --insecure-http is given.',
  },
  {
    name: 'data',
    type: 'text',
    value: 'FOLDER',
    default: './data',
    description:
      'Folder for the database, the root key and the root credentials; made when missing, for you alone.',
  },
  {
    name: 'database',
    type: 'text',
    value: 'URL',
    default: 'sqlite:<data>/keyward.db',
    description:
      '`sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/NAME` for many processes over one database. A password is better given as a variable: other users of the machine can read flags.',
  },
  {
    name: 'root-key',
    type: 'text',
    value: 'FILE',
    default: '<data>/root.key',
    description:
      'File with the root key, which seals every other key. Made at the first start; keep a copy elsewhere.',
  },
  {
    name: 'tls',
    type: 'text',
    value: 'self-signed',
    description: 'Speaks TLS with a certificate of its own making, kept in the data folder.',
  },
  {
    name: 'tls-name',
    type: 'list',
    value: 'NAME',
    description:
      'Name or address that clients know this service by, for the certificate of its own making. May be given many times. It also has `localhost`, the loopback addresses, the name of this machine and the address in --listen.',
  },
  {
    name: 'tls-cert',
    type: 'text',
    value: 'FILE',
    description:
      'Speaks TLS with this certificate chain (PEM), its own certificate first. A renewed file is taken within half a minute, or at once on SIGHUP.',
  },
  {
    name: 'tls-key',
    type: 'text',
    value: 'FILE',
    description: 'Private key of the certificate (PEM), readable by no other user.',
  },
  {
    name: 'tls-key-passphrase',
    type: 'text',
    value: 'FILE',
    description: 'File whose first line is the passphrase of the private key, readable by no other user.',
  },
  {
    name: 'tls-min',
    type: 'text',
    value: '1.2|1.3',
    default: '1.2',
    description: 'Oldest version of TLS that is spoken.',
  },
  {
    name: 'trusted-proxy',
    type: 'list',
    value: 'CIDR',
    description:
      'Address or network of a proxy whose forwarded headers are believed. May be given many times. Without it no forwarded header is believed.',
  },
  {
    name: 'region-alibaba',
    type: 'text',
    value: 'REGION',
    default: 'cn-hangzhou',
    description: 'Region that the service answers for on the Alibaba Cloud wire.',
  },
  {
    name: 'region-huawei',
    type: 'text',
    value: 'REGION',
    default: 'cn-north-4',
    description: 'Region that the service answers for on the Huawei Cloud wire.',
  },
  {
    name: 'apply',
    type: 'text',
    value: 'FILE',
    description: 'Applies a world file (see `keyward apply`) before the service is ready.',
  },
  {
    name: 'strict-dependencies',
    type: 'switch',
    description:
      'A key pair call needs all the dependent actions of other services that its table lists. Without it, those that it makes use of.',
  },
  {
    name: 'cloud-default-policy',
    type: 'switch',
    description:
      'A key or secret that is made without a policy gets the text of Alibaba Cloud, `acs:ram::UID:*`, which lets every user and role of the account use and manage it, whatever their own policies leave out. Without it, one that names the account alone: the policies of users govern. It holds for what is made from then on.',
  },
  {
    name: 'offline-hooks',
    type: 'text',
    value: 'FOLDER',
    description:
      'Folder of programs that put keys on the disks of shut-off hosts. A registered host names one of them; each runs as the user of the service.',
  },
  {
    name: 'test-clock',
    type: 'switch',
    description:
      'Starts with a clock that tests can move forward. On loopback addresses only, unless --insecure-test-clock is given.',
  },
  {
    name: 'insecure-http',
    type: 'switch',
    description:
      'Speaks plain HTTP also where other machines can reach it. For a container or a pod whose network nobody else reads, or behind a proxy that speaks TLS: keys and plaintext cross that network in clear.',
  },
  {
    name: 'insecure-test-clock',
    type: 'switch',
    description:
      'The test clock also where other machines can reach it: whoever may call AdvanceClock moves it over every expiry. For a container in a test.',
  },
  {
    name: 'log-level',
    type: 'text',
    value: 'LEVEL',
    default: 'info',
    description: `How much is logged to standard error: ${logLevels.join(', ')}.`,
  },
  {
    name: 'access-log',
    type: 'switch',
    description:
      'Logs a line for every call: operation, outcome, who answered how fast. No URL and no value of a call stands in it.',
  },
  {
    name: 'audit-sink',
    type: 'text',
    value: 'URL',
    description:
      'Sends every entry of the audit to another system too, at least once, as a line of JSON with its place in the chain: `file:PATH`, `syslog+tcp://HOST:PORT` or `syslog+tls://HOST:PORT` (RFC 5424).',
  },
  {
    name: 'audit-sink-ca',
    type: 'text',
    value: 'FILE',
    description: 'Certificates (PEM) that the certificate of a `syslog+tls` server is trusted by.',
  },
  {
    name: 'audit-retention',
    type: 'text',
    value: 'DAYS',
    description:
      'Days, such as `400d`, after which entries of the audit leave the database for the archive. Without it they stay. With a sink, only what the sink has leaves.',
  },
  {
    name: 'audit-archive',
    type: 'text',
    value: 'FOLDER',
    default: '<data>/audit-archive',
    description:
      'Folder for entries of the audit that left the database: `keyward audit verify --archive` proves them.',
  },
  {
    name: 'metrics',
    type: 'text',
    value: 'HOST:PORT',
    description:
      'Serves metrics for Prometheus at this address, under `/metrics`. The listener asks nobody who they are: let only Prometheus reach it.',
  },
  {
    name: 'traces',
    type: 'text',
    value: 'URL',
    description:
      'Sends a trace of every call to this OpenTelemetry collector (OTLP over HTTP), such as `http://127.0.0.1:4318`.',
  },
  {
    name: 'trace-share',
    type: 'text',
    value: 'SHARE',
    default: '1',
    description:
      'Which share of the calls is traced, from 0 to 1. A call that comes with a trace context of its own is traced when that says so.',
  },
  {
    name: 'config',
    type: 'text',
    value: 'FILE',
    description: 'Reads settings from a YAML or JSON file; relative paths in it start at its folder.',
    notInFile: true,
  },
] as const satisfies readonly SettingRow[]

export type SettingName = (typeof settingRows)[number]['name']

export const flagOf = (name: string) => `--${name}`
export const variableOf = (name: string) => `KEYWARD_${name.replaceAll('-', '_').toUpperCase()}`
