import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import type { CipherKey, KeyPair, MacKey, PairSpec, Wrapping } from '../../../crypto/algorithms/key-spec.ts'
import { addKeySpec } from '../../../crypto/algorithms/key-specs.ts'

/*
 * Three key specs that exist nowhere else, and protect nothing: to show that a row of the table is all that a key spec
 * needs. Import this file before the operations.
 */

interface MadeUpKey extends KeyPair {
  readonly half: Uint8Array
  readonly open: Uint8Array
}

const BYTES = 24
const openHalf = (half: Uint8Array) => createHash('sha256').update(half).digest()
const mask = (key: Uint8Array, text: Uint8Array) => {
  const stream = createHash('shake256', { outputLength: Math.max(1, text.length) })
    .update(key)
    .digest()
  return Uint8Array.from(text, (byte, at) => byte ^ stream[at]!)
}
const refused = () => new Error('not made up so')
const ofLength = (bytes: Uint8Array) => {
  if (bytes.length !== BYTES) throw refused()
  return Uint8Array.from(bytes)
}

const wrapping: Wrapping<MadeUpKey> = {
  keySpec: 'MADE_UP_PAIR',
  algorithm: 'MADE_UP_WRAPPING',
  wrap: (publicKey, material) => mask(publicKey, material),
  unwrap: (key, wrapped, check) => check(mask(key.open, wrapped)),
}
const wrappings = [wrapping] as unknown as readonly Wrapping[]

const pair: PairSpec<MadeUpKey> = {
  kind: 'pair',
  name: 'MADE_UP_PAIR',
  defaultUsage: 'SIGN/VERIFY',
  material: {
    generate: async () => randomBytes(BYTES),
    import: ofLength,
    load: (bytes) => ({ half: ofLength(bytes), open: openHalf(bytes) }),
  },
  publicKey: ({ open }) => Buffer.from(open),
  signatures: [
    {
      name: 'MADE_UP_SIGNATURE',
      sign: ({ half }, digest) => createHmac('sha256', openHalf(half)).update(digest).digest(),
      verify({ open }, digest, signature) {
        const wanted = createHmac('sha256', open).update(digest).digest()
        return signature.length === wanted.length && timingSafeEqual(wanted, signature)
      },
    },
  ],
  encryptions: [
    {
      name: 'MADE_UP_ENCRYPTION',
      longest: 100,
      encrypt: ({ open }, plaintext) => mask(open, plaintext),
      decrypt: ({ half }, ciphertext) => mask(openHalf(half), ciphertext),
    },
  ],
  recipient: {
    algorithms: ['MADE_UP_ENCRYPTION'],
    read: (open) => ({ spec: pair, open, half: Buffer.alloc(0) }),
  },
  wrappings,
  slow: { private: false, public: false, generate: false },
  slowImport: false,
}

const secret = {
  bytes: BYTES,
  generate: async () => randomBytes(BYTES),
  import: ofLength,
  load: (bytes: Uint8Array) => ({ secret: createSecretKey(ofLength(bytes)) }),
}

addKeySpec(pair as unknown as PairSpec)
addKeySpec({
  kind: 'cipher',
  name: 'MADE_UP_CIPHER',
  defaultUsage: 'ENCRYPT/DECRYPT',
  material: secret,
  wrappings,
  slowImport: false,
  ciphers: [
    {
      name: 'SYMMETRIC_DEFAULT',
      longest: 6144,
      encrypt(key: CipherKey, plaintext, aad) {
        const iv = randomBytes(12)
        const ciphertext = mask(Buffer.concat([key.secret.export(), iv]), plaintext)
        return { iv, ciphertext, tag: tagOf(key, iv, ciphertext, aad) }
      },
      decrypt(key: CipherKey, { iv, ciphertext, tag }, aad) {
        if (!timingSafeEqual(tag, tagOf(key, iv, ciphertext, aad))) throw refused()
        return Buffer.from(mask(Buffer.concat([key.secret.export(), iv]), ciphertext))
      },
    },
  ],
})
addKeySpec({
  kind: 'mac',
  name: 'MADE_UP_KEYED_HASH',
  defaultUsage: 'GENERATE/VERIFY_MAC',
  material: secret,
  wrappings,
  slowImport: false,
  macs: [
    {
      name: 'MADE_UP_MAC',
      generate: ({ secret }: MacKey, message) =>
        createHash('sha384').update(secret.export()).update(message).digest(),
    },
  ],
})

function tagOf(key: CipherKey, iv: Uint8Array, ciphertext: Uint8Array, aad: Uint8Array = Buffer.alloc(0)) {
  const hmac = createHmac('sha256', key.secret).update(iv).update(ciphertext).update(aad)
  return hmac.digest().subarray(0, 16)
}
