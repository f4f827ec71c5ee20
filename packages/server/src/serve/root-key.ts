import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { moveFile } from '../base/files.ts'
import { CARRYING, type RingState, sealState, wipeState } from '../crypto/keyring-state.ts'
import type { RootKey } from '../crypto/root-key.ts'
import { createRootKeyFile, readRootKeyFile, withRootKeyBytes } from '../crypto/root-key-file.ts'
import { readMeta, writeMeta } from '../store/meta.ts'
import type { ReadHandle, Store } from '../store/store.ts'
import { insertRing, readRing } from './keyring/rows.ts'

/** Name of the check value in the database's own notes. */
export const ROOT_KEY_CHECK = 'root-key-check'

/** Where a root key lies whose rotation has not ended: named by its check value, so that no two can meet. */
export function nextKeyFile(path: string, checkValue: string): string {
  return `${path}.next-${checkValue}`
}

/**
 * The root key of this database, made at the first start together with the keyring. Throws an Error with a sentence for
 * the operator when the file does not belong to the database, or when the database has one and the file is gone: then
 * none is made, since nothing that is stored could be read with it. `onMade` is called as
 * soon as this call has made a file.
 */
export async function openRootKey(path: string, store: Store, onMade = () => {}): Promise<RootKey> {
  const stored = await readMeta(store.read, ROOT_KEY_CHECK)
  if (stored !== undefined) {
    const key = findRootKey(path, stored)
    settleRootKey(path, stored)
    if ((await readRing(store.read)) === undefined) await carryKeyring(path, key, store)
    return key
  }
  const made = !existsSync(path) && tryCreate(path)
  if (made) onMade()
  const key = made || readRootKeyFile(path)
  const ring = freshState()
  const sealed = sealState(key, 1, ring)
  wipeState(ring)
  const check = await store.write(async (tx) => {
    const before = await readMeta(tx, ROOT_KEY_CHECK)
    if (before !== undefined) return before
    await writeMeta(tx, ROOT_KEY_CHECK, key.checkValue)
    await insertRing(tx, { version: 1, sealed })
    return key.checkValue
  })
  // Another process, with a file of its own, made this database its own meanwhile: the file made here opens nothing.
  if (made && check !== key.checkValue) unlinkSync(path)
  return checked(key, check, path)
}

/**
 * The root key that has this check value: in its file or, when a rotation was cut off after its commit, in the file
 * beside it. Throws as {@link openRootKey}; changes nothing.
 */
export function findRootKey(path: string, checkValue: string): RootKey {
  const next = nextKeyFile(path, checkValue)
  if (existsSync(next)) return checked(readRootKeyFile(next), checkValue, next)
  if (!existsSync(path)) {
    throw new Error(
      `the database was made with a root key, but \`${path}\` is missing: put that file back, or name it with --root-key`,
    )
  }
  return checked(readRootKeyFile(path), checkValue, path)
}

/** Ends a rotation that was committed: the new key takes the place of the old one, whose bytes are overwritten. */
export function settleRootKey(path: string, checkValue: string): void {
  const next = nextKeyFile(path, checkValue)
  if (!existsSync(next)) return
  const old = existsSync(path) ? openSync(path, constants.O_WRONLY) : undefined
  try {
    moveFile(next, path)
    if (old === undefined) return
    // The name is gone; its bytes go with it where the file system writes in place.
    writeSync(old, Buffer.alloc(fstatSync(old).size), 0, undefined, 0)
    fsyncSync(old)
  } finally {
    if (old !== undefined) closeSync(old)
  }
}

/** The check value in the database, read by an offline tool; undefined for a database that no server has opened. */
export function readCheckValue(db: ReadHandle): Promise<string | undefined> {
  return readMeta(db, ROOT_KEY_CHECK)
}

/**
 * A database of the time before there was a keyring: the root key, which sealed everything itself, becomes generation 0,
 * and what it sealed will be sealed anew (keyring/carry-over.ts).
 */
async function carryKeyring(path: string, key: RootKey, store: Store): Promise<void> {
  const sealed = withRootKeyBytes(path, (old) => {
    const fresh = freshState()
    const state = {
      ...fresh,
      carriedUntil: CARRYING,
      generations: [{ number: 0, secret: old }, ...fresh.generations],
    }
    const bytes = sealState(key, 1, state)
    wipeState(fresh)
    return bytes
  })
  await store.write((tx) => insertRing(tx, { version: 1, sealed }))
}

function freshState(): RingState {
  return { current: 1, carriedUntil: 0, generations: [{ number: 1, secret: randomBytes(32) }] }
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
    `the root key in \`${path}\` is not the one of this database: name the right file with --root-key; after a rotation that is the new one`,
  )
}
