import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { didYouMean } from '@keyward/policy'
import { misused } from '../exit.ts'
import type { CommandLine, Flag } from '../flags.ts'
import type { Io } from '../io.ts'

/*
 * Two files hold keys, both JSON and both mode 0600.
 *
 * root-credentials.json, written by the first start of a service:
 *   {"endpoint", "accountUid", "domainId", "projectId", "accessKeyId", "accessKeySecret"}
 *
 * credentials.json, written by `keyward apply`:
 *   {"endpoint", "profiles": {NAME: {"accountUid", "domainId", "projectId", "accessKeyId", "accessKeySecret"}}}
 *
 * A profile that a person adds for a session, with the key that AssumeRole answered, has its "securityToken" as well.
 */

/** A key to sign with, and whose it is. */
export interface Profile {
  readonly accountUid: string
  readonly domainId: string
  readonly projectId: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Of a session; absent for a permanent key. */
  readonly securityToken?: string
}

/** Whom a command speaks to, and as whom. */
export interface Session {
  readonly endpoint: URL
  readonly profile: Profile
  /** Certificate that is trusted besides the public ones (PEM). */
  readonly ca?: string
}

/** The flags of every command that calls a service. */
export const sessionFlags: readonly Flag[] = [
  {
    name: 'as',
    type: 'text',
    value: 'NAME',
    description: 'Sign as this profile of the credentials file; without it as the root of the account.',
  },
  {
    name: 'credentials',
    type: 'text',
    value: 'FILE',
    description: 'Credentials file with the profiles; default DATA/credentials.json.',
  },
  {
    name: 'data',
    type: 'text',
    value: 'FOLDER',
    description: 'Data folder of the service, for its credentials; default ./data (KEYWARD_DATA).',
  },
  {
    name: 'endpoint',
    type: 'text',
    value: 'URL',
    description: 'Service to call; default: the one that the credentials name.',
  },
  {
    name: 'ca',
    type: 'text',
    value: 'FILE',
    description: 'Certificate (PEM) of a service with a self-signed one.',
  },
]

/** Where the files of this command line are. */
export function credentialFiles(line: CommandLine, io: Io): { data: string; root: string; profiles: string } {
  const data = resolve(io.folder, line.text('data') ?? io.environment.KEYWARD_DATA ?? 'data')
  const given = line.text('credentials')
  return {
    data,
    root: join(data, 'root-credentials.json'),
    profiles: given === undefined ? join(data, 'credentials.json') : resolve(io.folder, given),
  }
}

/**
 * The session that the flags describe. Stops with a sentence when a file or a profile is missing, and when a credentials
 * file is named but no profile of it, unless the command `keeps` new keys there.
 */
export function openSession(line: CommandLine, io: Io, { keeps = false } = {}): Session {
  const files = credentialFiles(line, io)
  const name = line.text('as') ?? line.text('profile')
  if (name === undefined && line.has('credentials') && !keeps) {
    // Root is not what somebody means who names another file than that of root.
    throw misused(
      `\`--credentials ${line.text('credentials')}\` wants \`--as NAME\`: which profile of it signs`,
    )
  }
  const found = name === undefined ? rootProfile(files.root) : namedProfile(files.profiles, name)
  // A service on this machine leaves its present URL and its own certificate beside the credentials.
  const isLocal = name === undefined || !line.has('credentials')
  const present = isLocal ? optionalText(join(files.data, 'endpoint'))?.trim() : undefined
  const certificate = isLocal ? optionalText(join(files.data, 'tls-cert.pem')) : undefined
  const given = line.text('ca')
  const ca = given === undefined ? certificate : readText(resolve(io.folder, given), 'certificate')
  return {
    endpoint: endpointOf(line.text('endpoint') ?? present ?? found.endpoint),
    profile: found.profile,
    ...(ca === undefined ? {} : { ca }),
  }
}

/** The root of the service in the data folder, at the service that the flags name; undefined where its key is not there. */
export function rootSession(line: CommandLine, io: Io): Session | undefined {
  if (!existsSync(credentialFiles(line, io).root)) return undefined
  const flags = new Map([...line.flags].filter(([name]) => !['as', 'profile', 'credentials'].includes(name)))
  return openSession(
    { ...line, flags, has: (name) => flags.has(name), text: (name) => flags.get(name)?.at(-1) },
    io,
  )
}

function optionalText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function rootProfile(file: string): { endpoint: string; profile: Profile } {
  const content = readJson(
    file,
    'start a service once with `keyward serve`, or name its folder with `--data`',
  )
  return { endpoint: text(content, 'endpoint', file), profile: profileOf(content, file) }
}

function namedProfile(file: string, name: string): { endpoint: string; profile: Profile } {
  const content = readJson(file, 'apply a world with generated keys: keyward apply FILE')
  const profiles = (content.profiles ?? {}) as Record<string, unknown>
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (typeof profile !== 'object' || profile === null) {
    const names = Object.keys(profiles)
    throw misused(
      `\`${file}\` has no profile \`${name}\`${didYouMean(name, names) || `; it has ${names.map((one) => `\`${one}\``).join(', ') || 'none'}`}`,
    )
  }
  return {
    endpoint: text(content, 'endpoint', file),
    profile: profileOf(profile as Record<string, unknown>, file),
  }
}

function profileOf(content: Record<string, unknown>, file: string): Profile {
  return {
    accountUid: text(content, 'accountUid', file),
    domainId: text(content, 'domainId', file),
    projectId: text(content, 'projectId', file),
    accessKeyId: text(content, 'accessKeyId', file),
    accessKeySecret: text(content, 'accessKeySecret', file),
    ...('securityToken' in content && { securityToken: text(content, 'securityToken', file) }),
  }
}

function text(content: Record<string, unknown>, name: string, file: string): string {
  const value = content[name]
  if (typeof value !== 'string' || value === '') throw misused(`\`${file}\` has no \`${name}\``)
  return value
}

function endpointOf(value: string): URL {
  if (URL.canParse(value)) {
    const url = new URL(value)
    if (url.protocol === 'http:' || url.protocol === 'https:') return url
  }
  throw misused(`\`${value}\` is not an endpoint such as \`http://127.0.0.1:7700\``)
}

/** Reads a JSON object. `remedy` says what to do when it is not there. */
export function readJson(file: string, remedy: string): Record<string, unknown> {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw misused(`there is no \`${file}\`; ${remedy}`)
    throw misused(code ? `\`${file}\` cannot be read: ${code}` : `\`${file}\` is not JSON`)
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content))
    return content as Record<string, unknown>
  throw misused(`\`${file}\` is not a JSON object`)
}

/** Reads a file that a flag names. */
export function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw misused(`${what} \`${file}\` cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
