import { existsSync, unlinkSync } from 'node:fs'
import type { RootKey } from '../crypto/root-key.ts'
import { createRootKeyFile, readRootKeyFile } from '../crypto/root-key-file.ts'
import { readMeta, writeMeta } from '../store/meta.ts'
import type { Store } from '../store/store.ts'

/** Name of the check value in the database's own notes. */
export const ROOT_KEY_CHECK = 'root-key-check'

/**
 * The root key of this database, made at the first start. Throws an Error with a sentence for the operator when the
 * file does not belong to the database, or when the database has one and the file is gone: then none is made, since
 * nothing that is stored could be read with it. `onMade` is called as soon as this call has made a file.
 */
export async function openRootKey(path: string, store: Store, onMade = () => {}): Promise<RootKey> {
  const stored = await readMeta(store.read, ROOT_KEY_CHECK)
  if (stored !== undefined) {
    if (!existsSync(path)) {
      throw new Error(
        `the database was made with a root key, but \`${path}\` is missing: put that file back, or name it with --root-key`,
      )
    }
    return checked(readRootKeyFile(path), stored, path)
  }
  const made = !existsSync(path) && tryCreate(path)
  if (made) onMade()
  const key = made || readRootKeyFile(path)
  const check = await store.write(async (tx) => {
    const before = await readMeta(tx, ROOT_KEY_CHECK)
    if (before === undefined) await writeMeta(tx, ROOT_KEY_CHECK, key.checkValue)
    return before ?? key.checkValue
  })
  // Another process, with a file of its own, made this database its own meanwhile: the file made here opens nothing.
  if (made && check !== key.checkValue) unlinkSync(path)
  return checked(key, check, path)
}

function tryCreate(path: string): RootKey | undefined {
  try {
    return createRootKeyFile(path)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return undefined
    throw error
  }
}

function checked(key: RootKey, expected: string, path: string): RootKey {
  if (key.checkValue === expected) return key
  throw new Error(
    `the root key in \`${path}\` is not the one this database was made with: name the right file with --root-key`,
  )
}
