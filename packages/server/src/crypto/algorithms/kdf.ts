import { hash } from 'node:crypto'

/**
 * The key derivation of ANSI X9.63 (SEC 1 v2, 3.6.1, no shared info), which is also that of SM2 (GB/T 32918.4, 5.4.3):
 * hash(z || counter), the counter 32-bit big-endian from 1, as many times as `length` bytes need.
 */
export function deriveBytes(hashName: 'sha1' | 'sm3', z: Uint8Array, length: number): Buffer {
  const out = Buffer.alloc(length)
  const input = Buffer.concat([z, Buffer.alloc(4)])
  for (let at = 0, counter = 1; at < length; counter++) {
    input.writeUInt32BE(counter, z.length)
    at += hash(hashName, input, 'buffer').copy(out, at)
  }
  input.fill(0)
  return out
}

/** `a` XOR `b`, of equal length. */
export function xor(a: Uint8Array, b: Uint8Array): Buffer {
  const out = Buffer.from(a)
  for (let i = 0; i < out.length; i++) out[i]! ^= b[i]!
  return out
}
