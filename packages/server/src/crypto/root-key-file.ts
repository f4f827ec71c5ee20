import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { openDraft } from '../base/files.ts'
import { createRootKey, type RootKey } from './root-key.ts'

/*
 * The root key file: one line, `keyward-root-key-1 <base64 of 32 bytes>`, mode 0600.
 */
const PREFIX = Buffer.from('keyward-root-key-1 ')

/** Reads a root key file. Throws an Error whose message says what is wrong and what to do. */
export function readRootKeyFile(path: string): RootKey {
  return withRootKeyBytes(path, createRootKey)
}

/** Calls `use` with the 32 bytes of a root key file, which are wiped afterwards. Throws as {@link readRootKeyFile}. */
export function withRootKeyBytes<T>(path: string, use: (bytes: Uint8Array) => T): T {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    const mode = fstatSync(fd).mode & 0o777
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Error(
        `root key file \`${path}\` can be read by others (mode ${mode.toString(8)}); run: chmod 600 ${path}`,
      )
    }
    const text = readFileSync(fd)
    const bytes = decode(text)
    text.fill(0)
    if (!bytes) throw new Error(`\`${path}\` is not a keyward root key file`)
    try {
      return use(bytes)
    } finally {
      bytes.fill(0)
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * Writes a root key, random by default, to a file that must not exist yet, durable before it returns. Two processes that
 * try at the same time get one file, and no reader ever sees half of it. Throws with the code `EEXIST` when the file is
 * there: it is never overwritten.
 */
export function createRootKeyFile(path: string, bytes: Uint8Array = randomBytes(32)): RootKey {
  const draft = openDraft(path)
  const line = encode(bytes)
  try {
    draft.write(line)
    draft.publish()
  } catch (error) {
    draft.discard()
    throw error
  } finally {
    line.fill(0)
  }
  const key = createRootKey(bytes)
  bytes.fill(0)
  return key
}

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

/*
 * Base64 by hand: a string that held a root key could never be wiped.
 */

function encode(bytes: Uint8Array): Buffer {
  const line = Buffer.alloc(PREFIX.length + 45)
  PREFIX.copy(line)
  for (let i = 0; i < 43; i += 1) line[PREFIX.length + i] = ALPHABET[sixBits(bytes, i)]!
  line[PREFIX.length + 43] = 0x3d
  line[PREFIX.length + 44] = 0x0a
  return line
}

/** Bits 6i to 6i+5 of the bytes, zeros beyond their end. */
function sixBits(bytes: Uint8Array, i: number): number {
  const at = (i * 6) >> 3
  const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  return (pair >> (10 - ((i * 6) & 7))) & 63
}

/** The 32 bytes of a file, or undefined when it is something else. White space around the line is no matter. */
function decode(text: Buffer): Buffer | undefined {
  let end = text.length
  while (end > 0 && (text[end - 1] ?? 0) <= 0x20) end -= 1
  let start = 0
  while (start < end && (text[start] ?? 0) <= 0x20) start += 1
  const line = text.subarray(start, end)
  if (line.length !== PREFIX.length + 44 || !line.subarray(0, PREFIX.length).equals(PREFIX)) return undefined
  const digits = line.subarray(PREFIX.length)
  const bytes = Buffer.alloc(32)
  for (let i = 0; i < 43; i += 1) {
    const value = ALPHABET.indexOf(digits[i]!)
    if (value === -1) return undefined
    const at = (i * 6) >> 3
    const shifted = value << (10 - ((i * 6) & 7))
    bytes[at]! |= shifted >> 8
    if (at + 1 < 32) bytes[at + 1]! |= shifted & 0xff
    else if ((shifted & 0xff) !== 0) return undefined
  }
  return digits[43] === 0x3d ? bytes : undefined
}
