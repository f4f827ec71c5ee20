import { createSecretKey } from 'node:crypto'
import { expect } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import type { CipherSpec, MacSpec } from './key-spec.ts'
import { knownKeySpec } from './key-specs.ts'
import { decrypt, generateMac, verifyMac } from './secret-keys.ts'
import { type Group, hex, type Outcome, opensAs, runVectors, type Vector } from './testing/wycheproof.ts'

function gcm(name: (keySize: number) => string) {
  return (group: Group): CipherSpec => knownKeySpec(name(Number(group.keySize))) as CipherSpec
}

/** What opens, or undefined for the one refusal: an error of OpenSSL's would end the run here. */
function open(spec: CipherSpec, vector: Vector): Buffer | undefined {
  const key = { spec, secret: createSecretKey(hex(vector.key)) } as const
  const sealed = { iv: hex(vector.iv), ciphertext: hex(vector.ct), tag: hex(vector.tag) }
  try {
    return decrypt(key, sealed, hex(vector.aad))
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === 'InvalidParameter') return undefined
    throw error
  }
}

runVectors<CipherSpec>(
  {
    'aes_gcm_test.json': gcm((keySize) => `Aliyun_AES_${keySize}`),
    'sm4_gcm_test.json': gcm(() => 'Aliyun_SM4'),
  },
  (spec, vector): Outcome => {
    const opened = open(spec, vector)
    if (hex(vector.iv).length !== 12)
      return { narrower: 'an IV that is not 12 bytes long', refused: opened === undefined }
    return opensAs(opened, vector.msg)
  },
)

function mac(name: string) {
  return (group: Group) => ({
    spec: knownKeySpec(name) as MacSpec,
    tagBytes: Number(group.tagSize) / 8,
  })
}

runVectors<{ spec: MacSpec; tagBytes: number }>(
  {
    'hmac_sha224_test.json': mac('HMAC_224'),
    'hmac_sha256_test.json': mac('HMAC_256'),
    'hmac_sha384_test.json': mac('HMAC_384'),
    'hmac_sha512_test.json': mac('HMAC_512'),
    'hmac_sm3_test.json': mac('HMAC_SM3'),
  },
  ({ spec, tagBytes }, vector): Outcome => {
    const key = { spec, secret: createSecretKey(hex(vector.key)) } as const
    const [message, tag] = [hex(vector.msg), hex(vector.tag)]
    const good = verifyMac(key, message, tag)
    const made = generateMac(key, message)
    expect(good).toBe(made.equals(tag))
    if (tagBytes !== spec.material.bytes) return { narrower: 'a shortened MAC', refused: !good }
    return good ? 'accepted' : 'refused'
  },
)
