import { randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { createRootKey, type RootKey } from './root-key.ts'

/*
 * The root key file: one line, `keyward-root-key-1 <base64 of 32 bytes>`, mode 0600.
 */
const PREFIX = 'keyward-root-key-1 '

/** Reads a root key file. Throws an Error whose message says what is wrong and what to do. */
export function readRootKeyFile(path: string): RootKey {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    const mode = fstatSync(fd).mode & 0o777
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Error(
        `root key file \`${path}\` can be read by others (mode ${mode.toString(8)}); run: chmod 600 ${path}`,
      )
    }
    const text = readFileSync(fd, 'utf8').trim()
    const bytes = text.startsWith(PREFIX) ? Buffer.from(text.slice(PREFIX.length), 'base64') : undefined
    if (bytes?.length !== 32 || bytes.toString('base64') !== text.slice(PREFIX.length)) {
      throw new Error(`\`${path}\` is not a keyward root key file`)
    }
    try {
      return createRootKey(bytes)
    } finally {
      bytes.fill(0)
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * Writes a new random root key to a file that must not exist yet, durable before it returns. Two processes that try at
 * the same time get one file, and no reader ever sees half of it. Throws with the code `EEXIST` when the file is there:
 * it is never overwritten.
 */
export function createRootKeyFile(path: string): RootKey {
  const bytes = randomBytes(32)
  const draft = `${path}.${randomUUID()}`
  const fd = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    writeSync(fd, `${PREFIX}${bytes.toString('base64')}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  try {
    linkSync(draft, path)
  } finally {
    unlinkSync(draft)
  }
  syncFolder(dirname(path))
  const key = createRootKey(bytes)
  bytes.fill(0)
  return key
}

/** Makes a folder's entries durable: a new file survives a power cut only once its folder is synced too. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
