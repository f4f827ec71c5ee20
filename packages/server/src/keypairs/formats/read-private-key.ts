import { createPrivateKey } from 'node:crypto'
import { armorOpenSsh, PASSPHRASE, parseOpenSshPrivateKey } from './openssh-private.ts'
import { fromKeyObject, type PrivateKey } from './private-key.ts'
import { proveBelongs } from './proof.ts'
import { printable } from './public-key.ts'
import { Malformed, strictBase64 } from './reading.ts'
import { writePrivateKey } from './write-private-key.ts'

/** Longest private key text that is read, in UTF-16 units. The largest accepted key needs about 3500. */
export const MAX_PRIVATE_KEY = 16_384

/** A private key that was read, and the text that ssh reads it from. */
export interface ReadKey extends PrivateKey {
  /** In the format that it came in where OpenSSH reads that one: LF, nothing before it, one final newline. */
  readonly text: string
}

/**
 * Reads an unencrypted private key: PEM with PKCS#1, PKCS#8 or SEC1 inside, or the format of OpenSSH. Raises `Malformed`
 * in words, which never repeat anything of the key.
 */
export async function readPrivateKey(text: string): Promise<ReadKey> {
  const key = parsePrivateKey(text)
  await proveBelongs(key, key.public)
  return key
}

/** As `readPrivateKey`, of a key that was proved before. */
export function parsePrivateKey(text: string): ReadKey {
  const { label, data } = dearmor(text)
  switch (label) {
    case 'OPENSSH PRIVATE KEY':
      return { ...parseOpenSshPrivateKey(data), text: armorOpenSsh(data) }
    case 'RSA PRIVATE KEY':
      return parseDer(data, 'pkcs1')
    case 'EC PRIVATE KEY':
      return parseDer(data, 'sec1')
    case 'PRIVATE KEY':
      return parseDer(data, 'pkcs8')
    default:
      throw new Malformed(`\`${printable(label)}\` is not a private key that is accepted`)
  }
}

const CUT = 'the private key is cut off, or followed by something else'
const NO_ARMOR = 'the private key must be in pem or openssh format'

/**
 * Takes the one armoured block of a text apart. What stands before it means nothing to ssh (attributes that `openssl`
 * prints, empty lines, a byte order mark); line ends are those of any system. `openssl ecparam -genkey` puts its
 * parameters before the key, which names the curve again.
 */
function dearmor(text: string): { readonly label: string; readonly data: Buffer } {
  if (text.length > MAX_PRIVATE_KEY) throw new Malformed('the private key is too long')
  if (/[\0\ufffd\ufffe]/.test(text)) {
    throw new Malformed('the private key must be plain text: it looks like utf-16 or a binary file')
  }
  const lines = text
    .trim()
    .split(/\r\n|\n|\r/)
    .map((line) => line.trimEnd())
  if (lines[0]?.startsWith('PuTTY-User-Key-File-')) {
    throw new Malformed('.ppk files are not accepted: convert the key with `puttygen -O private-openssh`')
  }
  if (lines[0]?.startsWith('---- BEGIN SSH2')) throw new Malformed(NO_ARMOR)
  const block = lines.slice(beginOf(lines))
  const label = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/.exec(block[0] ?? '')?.[1]
  if (label === undefined) throw new Malformed(NO_ARMOR)
  const body = block.slice(1, -1)
  if (block.at(-1) !== `-----END ${label}-----` || body.some((line) => line.includes('-----'))) {
    throw new Malformed(CUT)
  }
  if (label === 'ENCRYPTED PRIVATE KEY' || body.some((line) => /^Proc-Type:.*ENCRYPTED/i.test(line))) {
    throw new Malformed(PASSPHRASE)
  }
  if (label === 'DSA PRIVATE KEY') throw new Malformed('dsa keys are not accepted: they are too weak')
  const data = strictBase64(body.join(''))
  if (!data || data.length === 0) throw new Malformed('the private key is not written in base64')
  return { label, data }
}

const isBegin = (line: string) => line.startsWith('-----BEGIN ')

/** Where the key begins: at the first block, or at the one after parameters of a curve. */
function beginOf(lines: readonly string[]): number {
  const first = lines.findIndex(isBegin)
  if (lines[first] !== '-----BEGIN EC PARAMETERS-----') return first < 0 ? lines.length : first
  const next = lines.findIndex((line, at) => at > first && isBegin(line))
  return next < 0 ? first : next
}

function parseDer(data: Buffer, type: 'pkcs1' | 'pkcs8' | 'sec1'): ReadKey {
  if (derLength(data) !== data.length) throw new Malformed(CUT)
  let key: ReturnType<typeof createPrivateKey>
  try {
    key = createPrivateKey({ key: data, format: 'der', type })
  } catch {
    throw new Malformed('the private key is not a valid key of its format')
  }
  const read = fromKeyObject(key)
  // OpenSSH reads Ed25519 in PKCS#8 only from 9.6 on.
  const format = key.asymmetricKeyType === 'ed25519' ? 'openssh' : type
  return { ...read, text: writePrivateKey(read, format) }
}

/** Bytes that the outermost SEQUENCE takes, header included; NaN when there is none. OpenSSL reads past neither more nor less. */
function derLength(data: Buffer): number {
  const first = data[1]
  if (data[0] !== 0x30 || first === undefined) return Number.NaN
  if (first < 0x80) return 2 + first
  const bytes = first & 0x7f
  if (bytes === 0 || bytes > 3 || data.length < 2 + bytes) return Number.NaN
  return 2 + bytes + data.readUIntBE(2, bytes)
}
