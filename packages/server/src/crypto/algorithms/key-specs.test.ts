import { conditionKeyInfo } from '@keyward/policy'
import { describe, expect, it } from 'vitest'
import type { KeyUsage } from './key-spec.ts'
import { algorithmsOf, keySpec, keySpecs, knownKeySpec, usagesOf } from './key-specs.ts'

/* Written down apart from the table, from what the wire documents (alibaba-kms B.1, B.2, B.7). */

const EXPECTED = {
  Aliyun_AES_256: 'ENCRYPT/DECRYPT: SYMMETRIC_DEFAULT',
  Aliyun_AES_192: 'ENCRYPT/DECRYPT: SYMMETRIC_DEFAULT',
  Aliyun_AES_128: 'ENCRYPT/DECRYPT: SYMMETRIC_DEFAULT',
  Aliyun_SM4: 'ENCRYPT/DECRYPT: SYMMETRIC_DEFAULT',
  RSA_2048:
    'ENCRYPT/DECRYPT: RSAES_OAEP_SHA_256 RSAES_OAEP_SHA_1; SIGN/VERIFY: RSA_PSS_SHA_256 RSA_PKCS1_SHA_256',
  RSA_3072:
    'ENCRYPT/DECRYPT: RSAES_OAEP_SHA_256 RSAES_OAEP_SHA_1; SIGN/VERIFY: RSA_PSS_SHA_256 RSA_PKCS1_SHA_256',
  RSA_4096:
    'ENCRYPT/DECRYPT: RSAES_OAEP_SHA_256 RSAES_OAEP_SHA_1; SIGN/VERIFY: RSA_PSS_SHA_256 RSA_PKCS1_SHA_256',
  EC_P256: 'ENCRYPT/DECRYPT: ECIES_DH_SHA_1_XOR_HMAC; SIGN/VERIFY: ECDSA_SHA_256',
  EC_P256K: 'ENCRYPT/DECRYPT: ECIES_DH_SHA_1_XOR_HMAC; SIGN/VERIFY: ECDSA_SHA_256',
  EC_SM2: 'ENCRYPT/DECRYPT: SM2PKE; SIGN/VERIFY: SM2DSA',
  HMAC_224: 'GENERATE/VERIFY_MAC: HMAC_SHA_224',
  HMAC_256: 'GENERATE/VERIFY_MAC: HMAC_SHA_256',
  HMAC_384: 'GENERATE/VERIFY_MAC: HMAC_SHA_384',
  HMAC_512: 'GENERATE/VERIFY_MAC: HMAC_SHA_512',
  HMAC_SM3: 'GENERATE/VERIFY_MAC: HMAC_SM3',
}

const longest = (name: string, algorithm: string) => {
  const spec = knownKeySpec(name)
  const rows = spec.kind === 'pair' ? spec.encryptions : spec.kind === 'cipher' ? spec.ciphers : []
  return rows.find((one) => one.name === algorithm)?.longest
}

describe('the table of key specs', () => {
  it('offers each usage and algorithm that the wire documents, and no other', () => {
    const found = keySpecs().map((spec) => {
      const usages = Object.entries(usagesOf(spec)).map(
        ([usage, algorithms]) => `${usage}: ${algorithms.join(' ')}`,
      )
      return [spec.name, usages.join('; ')]
    })
    expect(Object.fromEntries(found)).toEqual(EXPECTED)
  })

  it('defaults to signing where the spec can sign, and can be imported', () => {
    for (const spec of keySpecs()) {
      const canSign = 'SIGN/VERIFY' in usagesOf(spec)
      expect([spec.name, spec.defaultUsage]).toEqual([
        spec.name,
        canSign ? 'SIGN/VERIFY' : Object.keys(usagesOf(spec))[0],
      ])
      expect(spec.wrappings.length).toBeGreaterThan(0)
    }
  })

  it('has the documented limits', () => {
    const limits = [
      longest('Aliyun_AES_256', 'SYMMETRIC_DEFAULT'),
      ...(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const).flatMap((name) => [
        longest(name, 'RSAES_OAEP_SHA_256'),
        longest(name, 'RSAES_OAEP_SHA_1'),
      ]),
      longest('EC_SM2', 'SM2PKE'),
      longest('EC_P256', 'ECIES_DH_SHA_1_XOR_HMAC'),
    ]
    expect(limits).toEqual([6144, 190, 214, 318, 342, 446, 470, 6047, 6059])
  })

  it('is frozen through and through, and knows no other name', () => {
    for (const spec of keySpecs()) {
      expect(Object.isFrozen(spec) && Object.isFrozen(spec.material) && Object.isFrozen(spec.wrappings)).toBe(
        true,
      )
    }
    expect(keySpec('Aliyun_DES3_192')).toBeUndefined()
    expect(keySpec('toString')).toBeUndefined()
    expect(algorithmsOf(keySpec('HMAC_256'), 'SIGN/VERIFY')).toEqual([])
  })
})

describe('the catalogue of condition keys', () => {
  const values = (key: string) => [...(conditionKeyInfo('ram', key)?.values ?? [])].sort()

  it('documents the specs of the table, and no other', () => {
    expect(values('kms:KeySpec')).toEqual(
      keySpecs()
        .map(({ name }) => name)
        .sort(),
    )
  })

  it('documents every algorithm of signatures and of encryption', () => {
    const named = (usage: KeyUsage) =>
      [...new Set(keySpecs().flatMap((spec) => algorithmsOf(spec, usage)))].sort()
    expect(values('kms:SigningAlgorithm')).toEqual(named('SIGN/VERIFY'))
    expect(values('kms:EncryptionAlgorithm')).toEqual(named('ENCRYPT/DECRYPT'))
  })
})
