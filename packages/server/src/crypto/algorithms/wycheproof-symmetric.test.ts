import { createSecretKey } from 'node:crypto'
import { expect } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { type GcmCipher, keySpecs, type MacHash, type MacSpec, type SymmetricSpec } from './key-specs.ts'
import { generateMac, verifyMac } from './mac.ts'
import { decrypt } from './symmetric.ts'
import { type Group, hex, type Outcome, opensAs, runVectors, type Vector } from './testing/wycheproof.ts'

function gcm(cipher: (keySize: number) => GcmCipher) {
  return (group: Group): SymmetricSpec => {
    const wanted = cipher(Number(group.keySize))
    return keySpecs().find((spec) => spec.kind === 'symmetric' && spec.cipher === wanted) as SymmetricSpec
  }
}

/** What opens, or undefined for the one refusal: an error of OpenSSL's would end the run here. */
function open(spec: SymmetricSpec, vector: Vector): Buffer | undefined {
  const key = { kind: 'symmetric', spec, secret: createSecretKey(hex(vector.key)) } as const
  const sealed = { iv: hex(vector.iv), ciphertext: hex(vector.ct), tag: hex(vector.tag) }
  try {
    return decrypt(key, sealed, hex(vector.aad))
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === 'InvalidParameter') return undefined
    throw error
  }
}

runVectors<SymmetricSpec>(
  {
    'aes_gcm_test.json': gcm((keySize) => `aes-${keySize}-gcm` as GcmCipher),
    'sm4_gcm_test.json': gcm(() => 'sm4-gcm'),
  },
  (spec, vector): Outcome => {
    const opened = open(spec, vector)
    if (hex(vector.iv).length !== 12)
      return { narrower: 'an IV that is not 12 bytes long', refused: opened === undefined }
    return opensAs(opened, vector.msg)
  },
)

function mac(hash: MacHash) {
  return (group: Group) => ({
    spec: keySpecs().find((spec) => spec.kind === 'mac' && spec.hash === hash) as MacSpec,
    tagBytes: Number(group.tagSize) / 8,
  })
}

runVectors<{ spec: MacSpec; tagBytes: number }>(
  {
    'hmac_sha224_test.json': mac('sha224'),
    'hmac_sha256_test.json': mac('sha256'),
    'hmac_sha384_test.json': mac('sha384'),
    'hmac_sha512_test.json': mac('sha512'),
    'hmac_sm3_test.json': mac('sm3'),
  },
  ({ spec, tagBytes }, vector): Outcome => {
    const key = { kind: 'mac', spec, secret: createSecretKey(hex(vector.key)) } as const
    const [message, tag] = [hex(vector.msg), hex(vector.tag)]
    const good = verifyMac(key, message, tag)
    const made = generateMac(key, message)
    expect(good).toBe(made.equals(tag))
    if (tagBytes !== spec.materialBytes) return { narrower: 'a shortened MAC', refused: !good }
    return good ? 'accepted' : 'refused'
  },
)
