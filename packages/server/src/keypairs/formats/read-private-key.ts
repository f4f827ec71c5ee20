import { createPrivateKey } from 'node:crypto'
import { PASSPHRASE, parseOpenSshPrivateKey } from './openssh-private.ts'
import { fromKeyObject, type PrivateKey } from './private-key.ts'
import { proveBelongs } from './proof.ts'
import { printable } from './public-key.ts'
import { Malformed, strictBase64 } from './reading.ts'

/** Longest private key text that is read, in UTF-16 units. The largest accepted key needs about 3500. */
export const MAX_PRIVATE_KEY = 16_384

/**
 * Reads an unencrypted private key: PEM with PKCS#1, PKCS#8 or SEC1 inside, or the format of OpenSSH. Raises `Malformed`
 * in words, which never repeat anything of the key.
 */
export async function readPrivateKey(text: string): Promise<PrivateKey> {
  const key = parse(text)
  await proveBelongs(key, key.public)
  return key
}

function parse(text: string): PrivateKey {
  if (text.length > MAX_PRIVATE_KEY) throw new Malformed('the private key is too long')
  const trimmed = text.trim()
  if (trimmed.startsWith('PuTTY-User-Key-File-')) {
    throw new Malformed('.ppk files are not accepted: convert the key with `puttygen -O private-openssh`')
  }
  if (trimmed.startsWith('---- BEGIN SSH2'))
    throw new Malformed('the private key must be in pem or openssh format')
  const { label, body } = armor(trimmed)
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/im.test(body))
    throw new Malformed(PASSPHRASE)
  if (label === 'DSA PRIVATE KEY') throw new Malformed('dsa keys are not accepted: they are too weak')
  const data = strictBase64(body.replace(/\r?\n/g, ''))
  if (!data || data.length === 0) throw new Malformed('the private key is not written in base64')
  switch (label) {
    case 'OPENSSH PRIVATE KEY':
      return parseOpenSshPrivateKey(data)
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

/**
 * Takes the one armoured block of a text apart. `openssl ecparam -genkey` puts its parameters before the key, which
 * names the curve again: that block is passed over.
 */
function armor(text: string): { readonly label: string; readonly body: string } {
  const block = text.replace(
    /^-----BEGIN EC PARAMETERS-----[A-Za-z0-9+/=\r\n]*-----END EC PARAMETERS-----\s*/,
    '',
  )
  const begin = /^-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*\r?\n/.exec(block)
  const label = begin?.[1]
  if (!begin || label === undefined) throw new Malformed('the private key must be in pem or openssh format')
  const end = `-----END ${label}-----`
  const at = block.indexOf('-----', begin[0].length)
  if (at < 0 || block.slice(at) !== end)
    throw new Malformed('the private key is cut off, or followed by something else')
  return { label, body: block.slice(begin[0].length, at) }
}

function parseDer(data: Buffer, type: 'pkcs1' | 'pkcs8' | 'sec1'): PrivateKey {
  if (derLength(data) !== data.length)
    throw new Malformed('the private key is cut off, or followed by something else')
  let key: ReturnType<typeof createPrivateKey>
  try {
    key = createPrivateKey({ key: data, format: 'der', type })
  } catch {
    throw new Malformed('the private key is not a valid key of its format')
  }
  return fromKeyObject(key)
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
