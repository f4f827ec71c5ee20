import { refuse } from '../../base/problem.ts'

/*
 * The data types of the SSH protocol (RFC 4251, section 5), as key blobs and OpenSSH private keys use them:
 *
 *   uint32   4 bytes, big-endian
 *   string   uint32 length, then so many bytes
 *   mpint    string holding a two's complement number, big-endian, in as few bytes as possible
 */

/** Says why a key was not accepted; the caller turns it into a problem that names the field. */
export class Malformed extends Error {}

/** Runs a parser and turns what it finds malformed into `InvalidParameter` of the field the text came from. */
export function parseField<T>(field: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw refuse({ code: 'InvalidParameter', name: field, detail: error.message })
  }
}

/** Reads SSH data from front to back. Every method raises {@link Malformed} rather than read past the end. */
export interface SshReader {
  uint32(): number
  string(): Buffer
  /** A positive mpint in its one shortest form, without its sign byte. */
  positive(): Buffer
  /** The next bytes, as many as asked for. */
  bytes(length: number): Buffer
  rest(): Buffer
  /** Raises when something is left. */
  end(): void
}

export function sshReader(data: Buffer): SshReader {
  let at = 0
  const bytes = (length: number) => {
    if (length > data.length - at) throw new Malformed('the key is cut off')
    at += length
    return data.subarray(at - length, at)
  }
  const uint32 = () => bytes(4).readUInt32BE(0)
  const string = () => bytes(uint32())
  return {
    uint32,
    string,
    bytes,
    positive() {
      const number = string()
      const first = number[0]
      const second = number[1] ?? 0
      // Negative numbers, zero and numbers with a needless leading zero have no place in a key.
      if (first === undefined || first >= 0x80 || (first === 0 && second < 0x80)) {
        throw new Malformed('the key holds a number that is not in its shortest form')
      }
      return first === 0 ? number.subarray(1) : number
    },
    rest: () => bytes(data.length - at),
    end() {
      if (at !== data.length) throw new Malformed('the key is followed by further bytes')
    },
  }
}

/** A `string` of the SSH protocol. */
export function sshString(value: string | Uint8Array): Buffer {
  const body = Buffer.from(value as Uint8Array)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** An `mpint` from an unsigned big-endian number, with or without leading zeros. */
export function sshPositive(number: Uint8Array): Buffer {
  let start = 0
  while (start < number.length && number[start] === 0) start++
  const digits = number.subarray(start)
  const sign = digits.length > 0 && (digits[0] as number) >= 0x80 ? [Buffer.of(0)] : []
  return sshString(Buffer.concat([...sign, digits]))
}

/** Decodes base64 that is written in its one normal form (padding included). Undefined when it is not. */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
