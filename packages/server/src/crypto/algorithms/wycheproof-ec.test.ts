import { createHmac, hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { fromScalar, toScalar } from './curves.ts'
import { decodeEcPublicKey } from './ec-key.ts'
import { type EcdsaCurve, ecdsaVerify } from './ecdsa.ts'
import { eciesDecrypt, sharedSecret } from './ecies.ts'
import {
  coverage,
  describeVectors,
  type Group,
  hex,
  type Outcome,
  opensAs,
  runVectors,
  vectorFiles,
  vectorGroups,
} from './testing/wycheproof.ts'

const signatures = (curve: EcdsaCurve) => (group: Group) => ({
  curve,
  point: hex((group.publicKey as { uncompressed: string }).uncompressed),
})

runVectors<{ curve: EcdsaCurve; point: Buffer }>(
  {
    'ecdsa_secp256r1_sha256_test.json': signatures('P-256'),
    'ecdsa_secp256k1_sha256_test.json': signatures('secp256k1'),
  },
  ({ curve, point }, vector): Outcome => {
    const digest = hash('sha256', hex(vector.msg), 'buffer')
    return ecdsaVerify(curve, point, digest, hex(vector.sig)) ? 'accepted' : 'refused'
  },
)

/** What ECIES derives from a point: undefined when it is refused by the one refusal; other errors end the run. */
function secretOf(curve: EcdsaCurve, privateKey: unknown, point: Uint8Array): Buffer | undefined {
  const scalar = fromScalar(toScalar(hex(privateKey)))
  try {
    return sharedSecret(curve, scalar, point)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

runVectors<undefined>({ 'ecdh_secp256r1_ecpoint_test.json': () => undefined }, (_, vector): Outcome => {
  const point = hex(vector.public)
  const secret = secretOf('P-256', vector.private, point)
  if (secret === undefined) {
    // A ciphertext that starts with this point is refused as well.
    const ciphertext = Buffer.concat([point, Buffer.alloc(85 - point.length + 1)])
    expect(() => eciesDecrypt('P-256', fromScalar(toScalar(hex(vector.private))), ciphertext)).toThrow(
      Refusal,
    )
  }
  return opensAs(secret, vector.shared)
})

/** Here public keys are whole SubjectPublicKeyInfo: the reader of keys from outside is put to the test with them. */
runVectors<undefined>({ 'ecdh_secp256k1_test.json': () => undefined }, (_, vector): Outcome => {
  let point: Uint8Array
  try {
    point = decodeEcPublicKey('secp256k1', hex(vector.public))
  } catch {
    return 'refused'
  }
  return secretOf('secp256k1', vector.private, point)?.equals(hex(vector.shared)) === true
    ? 'accepted'
    : 'refused'
})

/** HMAC-SHA-1 is offered only inside ECIES, always in full length. */
runVectors<number>(
  { 'hmac_sha1_test.json': (group) => Number(group.tagSize) },
  (tagSize, vector): Outcome => {
    const made = createHmac('sha1', hex(vector.key)).update(hex(vector.msg)).digest()
    const equal = made.equals(hex(vector.tag))
    return tagSize === 160
      ? equal
        ? 'accepted'
        : 'refused'
      : { narrower: 'a shortened MAC', refused: !equal }
  },
)

describeVectors('every vector file', () => {
  it('is put to the test, or its absence is explained', () => {
    expect(Object.keys(coverage).sort()).toEqual([...vectorFiles()].sort())
    for (const [file, { tests, accepted, refused, narrower, excluded, unused }] of Object.entries(coverage)) {
      const count = vectorGroups(file).reduce((sum, group) => sum + group.tests.length, 0)
      const others = [...Object.values(narrower ?? {}), ...Object.values(excluded ?? {})]
      const sum = accepted + refused + others.reduce((total, number) => total + number, 0)
      expect([file, count, unused === undefined ? count : 0]).toEqual([file, tests, sum])
    }
  })
})
