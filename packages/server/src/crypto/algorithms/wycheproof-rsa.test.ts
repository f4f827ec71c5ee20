import { createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto'
import { Refusal } from '../../base/problem.ts'
import {
  type RsaEncryption,
  type RsaSignature,
  rsaDecrypt,
  rsaDecryptBare,
  rsaSign,
  rsaVerify,
} from './rsa.ts'
import { decodePkcs1Message } from './rsa-padding.ts'
import { type Group, hex, type Outcome, opensAs, runVectors } from './testing/wycheproof.ts'

function privateKey(group: Group): KeyObject {
  return createPrivateKey({ key: hex(group.privateKeyPkcs8), format: 'der', type: 'pkcs8' })
}

function publicKey(group: Group): KeyObject {
  return createPublicKey({ key: hex(group.publicKeyDer), format: 'der', type: 'spki' })
}

/** What opens, or undefined for the one refusal; any other error ends the run. */
function refusable<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const signatures = (algorithm: RsaSignature) => (group: Group) => ({
  algorithm,
  key: publicKey(group),
})

runVectors<{ algorithm: RsaSignature; key: KeyObject }>(
  {
    'rsa_signature_2048_sha256_test.json': signatures('RSA_PKCS1_SHA_256'),
    'rsa_signature_3072_sha256_test.json': signatures('RSA_PKCS1_SHA_256'),
    'rsa_signature_4096_sha256_test.json': signatures('RSA_PKCS1_SHA_256'),
    'rsa_pss_2048_sha256_mgf1_32_test.json': signatures('RSA_PSS_SHA_256'),
    'rsa_pss_3072_sha256_mgf1_32_test.json': signatures('RSA_PSS_SHA_256'),
    'rsa_pss_4096_sha256_mgf1_32_test.json': signatures('RSA_PSS_SHA_256'),
  },
  ({ algorithm, key }, vector): Outcome => {
    const digest = hash('sha256', hex(vector.msg), 'buffer')
    return rsaVerify(algorithm, key, digest, hex(vector.sig)) ? 'accepted' : 'refused'
  },
)

const signing = (group: Group) => ({ sha: group.sha, key: privateKey(group) })

runVectors<{ sha: unknown; key: KeyObject }>(
  {
    'rsa_pkcs1_2048_sig_gen_test.json': signing,
    'rsa_pkcs1_3072_sig_gen_test.json': signing,
    'rsa_pkcs1_4096_sig_gen_test.json': signing,
  },
  ({ sha, key }, vector): Outcome => {
    if (sha !== 'SHA-256') return { excluded: `signatures with ${sha}, which no algorithm offers` }
    const signature = rsaSign('RSA_PKCS1_SHA_256', key, hash('sha256', hex(vector.msg), 'buffer'))
    return signature.equals(hex(vector.sig)) ? 'accepted' : 'refused'
  },
)

const oaep = (algorithm: RsaEncryption) => (group: Group) => ({ algorithm, key: privateKey(group) })

runVectors<{ algorithm: RsaEncryption; key: KeyObject }>(
  {
    'rsa_oaep_2048_sha1_mgf1sha1_test.json': oaep('RSAES_OAEP_SHA_1'),
    'rsa_oaep_2048_sha256_mgf1sha256_test.json': oaep('RSAES_OAEP_SHA_256'),
    'rsa_oaep_3072_sha256_mgf1sha256_test.json': oaep('RSAES_OAEP_SHA_256'),
    'rsa_oaep_4096_sha256_mgf1sha256_test.json': oaep('RSAES_OAEP_SHA_256'),
  },
  ({ algorithm, key }, vector): Outcome => {
    const opened = refusable(() => rsaDecrypt(algorithm, key, hex(vector.ct)))
    const labelled = vector.label !== '' && vector.result === 'valid'
    if (labelled) return { narrower: 'an OAEP label', refused: opened === undefined }
    return opensAs(opened, vector.msg)
  },
)

runVectors<KeyObject>({ 'rsa_pkcs1_2048_test.json': privateKey }, (key, vector): Outcome => {
  const encoded = refusable(() => rsaDecryptBare(key, hex(vector.ct)))
  if (encoded === undefined) return 'refused'
  if (vector.result === 'valid') {
    return opensAs(decodePkcs1Message(encoded, hex(vector.msg).length), vector.msg)
  }
  // A bad one must not open as a message of any length.
  const lengths = Array.from({ length: encoded.length }, (_, length) => length)
  return lengths.some((length) => decodePkcs1Message(encoded, length) !== undefined) ? 'accepted' : 'refused'
})
