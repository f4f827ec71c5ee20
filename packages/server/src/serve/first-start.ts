import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { moveFile, writeFileWhole } from '../base/files.ts'
import type { Directory } from '../identity/directory.ts'
import { claimFirstWorld, type FirstWorldParts, proposeFirstWorld } from '../identity/first-world.ts'
import { hasStartedBefore } from '../store/meta.ts'
import { credentialsFile, type RootCredentials, rootCredentials } from './credentials.ts'

export interface FirstStart {
  readonly credentialsFile: string
  readonly credentials: RootCredentials
}

/**
 * Makes account and access key at the first start, and undefined at every later one, which changes nothing.
 *
 * The credentials lie in a draft beside their file, durable, before the claim that makes them real; only then does the
 * draft take its name. A process that dies in between loses nothing: the next start finds the draft whose key the
 * directory knows, and throws away every other.
 */
export async function makeFirstWorld(
  data: string,
  endpoint: string,
  { directory, ...parts }: FirstWorldParts & { readonly directory: Directory },
): Promise<FirstStart | undefined> {
  const path = credentialsFile(data)
  if (await hasStartedBefore(parts.store.read)) {
    for (const accessKeyId of drafts(path)) {
      if (await directory.findAccessKey(accessKeyId)) adopt(path, accessKeyId)
      else rmSync(draftOf(path, accessKeyId), { force: true })
    }
    return undefined
  }
  const proposal = proposeFirstWorld()
  const credentials = rootCredentials(endpoint, proposal)
  writeFileWhole(draftOf(path, proposal.accessKey.id), `${JSON.stringify(credentials, null, 2)}\n`)
  if (!(await claimFirstWorld(parts, proposal))) {
    rmSync(draftOf(path, proposal.accessKey.id), { force: true })
    return undefined
  }
  adopt(path, proposal.accessKey.id)
  return { credentialsFile: path, credentials }
}

function draftOf(path: string, accessKeyId: string): string {
  return `${path}.${accessKeyId}`
}

/** Access key ids of the drafts that lie beside the credentials file. */
function drafts(path: string): readonly string[] {
  const prefix = `${basename(path)}.`
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && !name.endsWith('.draft'))
    .map((name) => name.slice(prefix.length))
}

/** Gives a draft its name. Another process that shares the folder may have done it already. */
function adopt(path: string, accessKeyId: string): void {
  try {
    moveFile(draftOf(path, accessKeyId), path)
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!gone || !existsSync(path) || !readFileSync(path, 'utf8').includes(accessKeyId)) throw error
  }
}
