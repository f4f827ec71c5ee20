import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { credentialsFile, endpointFile } from './credentials.ts'
import { selfSignedFiles } from './self-signed.ts'
import type { Settings } from './settings.ts'

/** What a start has made and takes away again when it fails. */
export interface Leftovers {
  /** This start made the root key file: nothing is sealed under it but what this start made. */
  madeRootKey(): void
  /** Takes away the files made since. Only while this process has the lock of a database that it made. */
  removeFiles(): void
}

/** The folders that this start will make, deepest first. */
export function missingFolders({ data, database }: Settings): readonly string[] {
  const missing: string[] = []
  for (const end of [data, ...(database.kind === 'sqlite' ? [dirname(database.path)] : [])]) {
    for (let at = end; !existsSync(at) && !missing.includes(at); at = dirname(at)) missing.push(at)
  }
  return missing.sort((a, b) => b.length - a.length)
}

/** Takes folders away where nothing is in them. */
export function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      rmdirSync(folder)
    } catch {
      // Something is in it, or it was never made.
    }
  }
}

/** Notes which files there are. To be called under the lock of the database, before the start makes any. */
export function noteFiles({ data, rootKey }: Settings): Leftovers {
  const found = () => {
    const own = basename(credentialsFile(data))
    const drafts = existsSync(data) ? readdirSync(data).filter((name) => name.startsWith(own)) : []
    const fixed = [
      endpointFile(data),
      join(data, 'credentials.json'),
      ...Object.values(selfSignedFiles(data)),
    ]
    return [...fixed.filter((file) => existsSync(file)), ...drafts.map((name) => join(data, name))]
  }
  const before = new Set(found())
  let rootKeyIsOurs = false
  return {
    madeRootKey() {
      rootKeyIsOurs = true
    },
    removeFiles() {
      for (const file of found()) if (!before.has(file)) rmSync(file, { force: true })
      if (rootKeyIsOurs) rmSync(rootKey, { force: true })
    },
  }
}
