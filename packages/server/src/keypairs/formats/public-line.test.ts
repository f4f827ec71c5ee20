import { afterAll, describe, expect, it } from 'vitest'
import { algorithmNames } from '../algorithms.ts'
import { sshKeygen } from '../testing/ssh-keygen.ts'
import { md5Fingerprint, sha256Fingerprint } from './public-key.ts'
import { parsePublicLine, writePublicLine } from './public-line.ts'
import { sshString } from './reading.ts'

const keygen = sshKeygen()
afterAll(() => keygen?.close())

// Made with `ssh-keygen -t ed25519`.
const line =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y someone@example'

const reason = (text: string) => {
  try {
    parsePublicLine(text)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

describe('an openssh public line', () => {
  it('keeps its blob and comment', () => {
    const key = parsePublicLine(`  ${line}\n`)
    expect(key.algorithm).toBe('SSH_ED25519')
    expect(key.comment).toBe('someone@example')
    expect(writePublicLine(key, key.comment)).toBe(line)
  })

  // The larger RSA keys, slow to generate, are read in private-key.test.ts.
  const quick = algorithmNames.filter((name) => !/3072|4096/.test(name))
  it.skipIf(!keygen).each(quick)('of %s agrees with ssh-keygen', (algorithm) => {
    const { publicLine } = keygen!.generate(algorithm, { comment: 'a comment, of  words' })
    const key = parsePublicLine(publicLine)
    expect(key.algorithm).toBe(algorithm)
    expect(`${writePublicLine(key, key.comment)}\n`).toBe(publicLine)
    const print = (hash: string) =>
      keygen!.run(['-l', '-E', hash, '-f', 'p.pub'], { 'p.pub': publicLine }).split(' ')[1]
    expect(`MD5:${md5Fingerprint(key.blob)}`).toBe(print('md5'))
    expect(sha256Fingerprint(key.blob)).toBe(print('sha256'))
  })

  it('says in words what it refuses', () => {
    const [type, base64] = line.split(' ') as [string, string]
    const blob = Buffer.from(base64, 'base64')
    const as = (body: Buffer, name = type) => `${name} ${body.toString('base64')}`
    expect(reason('')).toBe('the public key is not an openssh line')
    expect(reason(type)).toBe('the public key is not an openssh line')
    expect(reason(`${type} ${base64.slice(1)}`)).toBe('the public key is not an openssh line')
    expect(reason(`${line}\n${line}`)).toBe('the public key must be one line')
    expect(reason(`${type} ${base64} a\u0000b`)).toBe('the public key must be one line')
    expect(reason(`command="id" ${line}`)).toMatch(/not an openssh line/)
    expect(reason(`ssh-rsa ${base64}`)).toBe('the line says `ssh-rsa` but holds a key of another type')
    expect(reason(as(Buffer.concat([blob, Buffer.of(0)])))).toBe('the key is followed by further bytes')
    expect(reason(as(blob.subarray(0, -1)))).toBe('the key is cut off')
    expect(reason(as(sshString('ssh-dss'), 'ssh-dss'))).toBe('dsa keys are not accepted: they are too weak')
    expect(reason(as(sshString('sk`x\n'), 'x'))).toBe('keys of type `sk?x?` are not accepted')
    expect(reason('---- BEGIN SSH2 PUBLIC KEY ----')).toBe('the public key must be one openssh line')
    expect(reason('x'.repeat(9000))).toBe('the public key is too long')
  })

  it.skipIf(!keygen)('refuses rsa keys of other sizes', () => {
    keygen!.run(['-q', '-t', 'rsa', '-b', '1024', '-N', '', '-f', 'small'])
    const small = keygen!.run(['-y', '-f', 'small'])
    expect(reason(small)).toBe('rsa keys have 2048, 3072 or 4096 bits here, not `1024`')
  })
})

describe('a key blob', () => {
  const rsa = (e: Buffer, n: Buffer) =>
    `ssh-rsa ${Buffer.concat([sshString('ssh-rsa'), sshString(e), sshString(n)]).toString('base64')}`
  const exponent = Buffer.of(1, 0, 1)
  const modulus = Buffer.concat([Buffer.of(0), Buffer.alloc(256, 0xff)])

  it('holds numbers in their shortest form only', () => {
    expect(reason(rsa(exponent, modulus))).toBe('accepted')
    const long = 'the key holds a number that is not in its shortest form'
    expect(reason(rsa(Buffer.concat([Buffer.of(0), exponent]), modulus))).toBe(long)
    expect(reason(rsa(exponent, modulus.subarray(1)))).toBe(long)
    expect(reason(rsa(Buffer.alloc(0), modulus))).toBe(long)
  })

  it('refuses numbers that no key has', () => {
    const even = Buffer.from(modulus)
    even[256] = 0xfe
    const bad = 'the key is not a valid key of its algorithm'
    expect(reason(rsa(exponent, even))).toBe(bad)
    expect(reason(rsa(Buffer.of(1), modulus))).toBe(bad)
    expect(reason(rsa(Buffer.of(2), modulus))).toBe(bad)
  })

  it('refuses a point that is not on its curve', () => {
    const point = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)])
    const blob = Buffer.concat([sshString('ecdsa-sha2-nistp256'), sshString('nistp256'), sshString(point)])
    expect(reason(`ecdsa-sha2-nistp256 ${blob.toString('base64')}`)).toBe(
      'the key is not a valid key of its algorithm',
    )
  })
})
