import { afterAll, describe, expect, it } from 'vitest'
import { algorithmNames } from './algorithms.ts'
import { writePublicLine } from './formats/public-line.ts'
import { customaryFormat, writePrivateKey } from './formats/write-private-key.ts'
import { generateKey } from './generate.ts'
import { sshKeygen } from './testing/ssh-keygen.ts'

const keygen = sshKeygen()
afterAll(() => keygen?.close())

describe('a generated key', () => {
  it.skipIf(!keygen).each(algorithmNames)('of %s is read by ssh-keygen', async (algorithm) => {
    const key = await generateKey(algorithm)
    expect(key.public.algorithm).toBe(algorithm)
    const text = writePrivateKey(key, customaryFormat(key))
    const line = keygen!.run(['-y', '-P', '', '-f', 'generated'], { generated: text }).trim()
    expect(line.split(' ').slice(0, 2).join(' ')).toBe(writePublicLine(key.public, ''))
  })

  it('of rsa is a pkcs#1 text, as the documented samples are', async () => {
    const key = await generateKey('SSH_RSA_2048')
    expect(writePrivateKey(key, customaryFormat(key))).toMatch(
      /^-----BEGIN RSA PRIVATE KEY-----\n[\s\S]+\n-----END RSA PRIVATE KEY-----\n$/,
    )
  })

  it('is never the same twice', async () => {
    const [a, b] = await Promise.all([generateKey('SSH_ED25519'), generateKey('SSH_ED25519')])
    expect(a.public.blob.equals(b.public.blob)).toBe(false)
  })

  it('is refused when too many wait, and is made again afterwards', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 80 }, () => generateKey('ECDSA_SHA2_NISTP256')),
    )
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(80 - 1 - 64)
    expect(refused.every(({ reason }) => reason.problem.code === 'Overloaded')).toBe(true)
    await expect(generateKey('ECDSA_SHA2_NISTP256')).resolves.toBeDefined()
  })
})
