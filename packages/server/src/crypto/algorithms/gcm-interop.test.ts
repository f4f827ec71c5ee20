import { sm4 } from 'sm-crypto-v2'
import { describe, expect, it } from 'vitest'
import type { CipherKey } from './key-spec.ts'
import { decrypt, encrypt } from './secret-keys.ts'
import { describeWith, run } from './testing/command.ts'
import { testKey } from './testing/keys.ts'

/*
 * The `openssl enc` command has no GCM. It has the block cipher and its counter mode; with a GHASH written out bit by bit
 * below, that is GCM by NIST SP 800-38D, none of it in common with what runs in the service.
 */

const CIPHERS = {
  Aliyun_AES_128: 'aes-128',
  Aliyun_AES_192: 'aes-192',
  Aliyun_AES_256: 'aes-256',
  Aliyun_SM4: 'sm4',
} as const
const SPECS = Object.keys(CIPHERS) as (keyof typeof CIPHERS)[]

function block(cipher: string, key: string, input: Uint8Array): Buffer {
  return run('openssl', ['enc', `-${cipher}-ecb`, '-nopad', '-K', key], input)
}

/** Ciphertext and tag of a plaintext. */
function slowGcm(cipher: string, key: string, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array) {
  const counter = (n: number) => Buffer.concat([iv, Buffer.of(0, 0, 0, n)])
  const ciphertext = run(
    'openssl',
    ['enc', `-${cipher}-ctr`, '-K', key, '-iv', counter(2).toString('hex')],
    plaintext,
  )
  const h = BigInt(`0x${block(cipher, key, Buffer.alloc(16)).toString('hex')}`)
  const lengths = Buffer.alloc(16)
  lengths.writeBigUInt64BE(BigInt(aad.length * 8), 0)
  lengths.writeBigUInt64BE(BigInt(ciphertext.length * 8), 8)
  const padded = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)])
  const hashed = ghash(h, Buffer.concat([padded(aad), padded(ciphertext), lengths]))
  const mask = BigInt(`0x${block(cipher, key, counter(1)).toString('hex')}`)
  return { ciphertext, tag: Buffer.from((hashed ^ mask).toString(16).padStart(32, '0'), 'hex') }
}

function ghash(h: bigint, data: Buffer): bigint {
  let y = 0n
  for (let at = 0; at < data.length; at += 16) {
    y = multiply(y ^ BigInt(`0x${data.subarray(at, at + 16).toString('hex')}`), h)
  }
  return y
}

/** In GF(2^128), bits counted from the left (SP 800-38D, algorithm 1). */
function multiply(x: bigint, y: bigint): bigint {
  let [z, v] = [0n, y]
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) z ^= v
    v = v & 1n ? (v >> 1n) ^ (0xe1n << 120n) : v >> 1n
  }
  return z
}

const CASES = [
  ['nothing', 0, 0],
  ['a data key with a context', 44, 32],
  ['a block', 16, 0],
  ['odd lengths', 1000, 77],
] as const

async function symmetricKey(name: (typeof SPECS)[number]): Promise<CipherKey> {
  const key = await testKey(name)
  if (key.spec.kind !== 'cipher') throw new Error('no symmetric key')
  return key as CipherKey
}

describeWith('openssl', ['version'])('GCM is what the openssl command and a plain GHASH make', () => {
  it.each(SPECS.flatMap((name) => CASES.map((one) => [name, ...one] as const)))(
    '%s: %s',
    async (name, _, n, m) => {
      const key = await symmetricKey(name)
      const [plaintext, aad] = [Buffer.alloc(n, 'plaintext'), Buffer.alloc(m, 'context')]
      const sealed = encrypt(key, plaintext, aad)
      const theirs = slowGcm(CIPHERS[name], key.secret.export().toString('hex'), sealed.iv, plaintext, aad)
      expect({ ciphertext: Buffer.from(sealed.ciphertext), tag: sealed.tag }).toEqual(theirs)
      expect(decrypt(key, { iv: sealed.iv, ...theirs }, aad)).toEqual(plaintext)
    },
  )
})

describe('SM4-GCM is what sm-crypto-v2 makes', () => {
  it.each(CASES)('%s', async (_, n, m) => {
    const key = await symmetricKey('Aliyun_SM4')
    const secret = key.secret.export().toString('hex')
    const [plaintext, aad] = [Buffer.alloc(n, 'plaintext'), Buffer.alloc(m, 'context')]
    const sealed = encrypt(key, plaintext, aad)
    const theirs = sm4.encrypt(plaintext, secret, {
      mode: 'gcm',
      iv: Buffer.from(sealed.iv).toString('hex'),
      associatedData: aad,
      outputTag: true,
      output: 'array',
    })
    expect(Buffer.from(theirs.output)).toEqual(Buffer.from(sealed.ciphertext))
    expect(Buffer.from(theirs.tag!)).toEqual(sealed.tag)
  })
})
