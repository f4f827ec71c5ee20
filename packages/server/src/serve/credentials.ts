import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeFileWhole } from '../base/files.ts'
import type { FirstWorld } from '../identity/first-world.ts'

/** What `<data>/root-credentials.json` holds: all that a client needs to call as the account's root. */
export interface RootCredentials {
  readonly endpoint: string
  readonly accountUid: string
  readonly domainId: string
  readonly projectId: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

export function rootCredentials(endpoint: string, { account, accessKey }: FirstWorld): RootCredentials {
  return {
    endpoint,
    accountUid: account.uid,
    domainId: account.domainId,
    projectId: account.projectId,
    accessKeyId: accessKey.id,
    accessKeySecret: accessKey.secret,
  }
}

export function credentialsFile(data: string): string {
  return join(data, 'root-credentials.json')
}

/** Where a running server tells the command line its URL, which the credentials of the first start may not know. */
export function endpointFile(data: string): string {
  return join(data, 'endpoint')
}

export function writeEndpoint(data: string, url: string): void {
  writeFileWhole(endpointFile(data), `${url}\n`)
}

/** Names the address in a credentials file: the file is written before the service listens, maybe on any free port. */
export function nameEndpoint(file: string, endpoint: string): void {
  const content = JSON.parse(readFileSync(file, 'utf8'))
  if (content.endpoint !== endpoint)
    writeFileWhole(file, `${JSON.stringify({ ...content, endpoint }, null, 2)}\n`)
}

export function removeEndpoint(data: string): void {
  rmSync(endpointFile(data), { force: true })
}

/**
 * Makes the data folder, for its owner only, when it is missing. Level by level: the recursive form of Node never returns
 * below a folder in which nothing can be made (`/proc`).
 */
export function makeDataFolder(data: string): void {
  if (existsSync(data)) return
  makeDataFolder(dirname(data))
  try {
    mkdirSync(data, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST')
      throw new Error(`the folder \`${data}\` cannot be made (${code}): name another with --data`)
  }
}
