import { afterAll, describe, expect, it } from 'vitest'
import { type Algorithm, algorithmNames } from '../algorithms.ts'
import { generateKey } from '../generate.ts'
import { sshKeygen } from '../testing/ssh-keygen.ts'
import type { PrivateKey } from './private-key.ts'
import { proveBelongs } from './proof.ts'
import { writePublicLine } from './public-line.ts'
import { readPrivateKey } from './read-private-key.ts'
import { customaryFormat, type PrivateKeyFormat, writePrivateKey } from './write-private-key.ts'

const keygen = sshKeygen()
afterAll(() => keygen?.close())

const keys = new Map<Algorithm, Promise<PrivateKey>>()
const keyOf = (algorithm: Algorithm) => {
  const key = keys.get(algorithm) ?? generateKey(algorithm)
  keys.set(algorithm, key)
  return key
}
const formatsOf = (algorithm: Algorithm): PrivateKeyFormat[] =>
  algorithm.startsWith('SSH_RSA')
    ? ['pkcs1', 'pkcs8', 'openssh']
    : algorithm.startsWith('ECDSA')
      ? ['sec1', 'pkcs8', 'openssh']
      : ['pkcs8', 'openssh']
const cases = algorithmNames.flatMap((algorithm) =>
  formatsOf(algorithm).map((format) => [algorithm, format] as const),
)

const reason = (text: string) =>
  readPrivateKey(text).then(
    () => 'accepted',
    (error: Error) => error.message,
  )

describe('a private key', () => {
  it.each(cases)('of %s in %s is read as it was written', async (algorithm, format) => {
    const key = await keyOf(algorithm)
    const again = await readPrivateKey(writePrivateKey(key, format, 'a comment'))
    expect(again.public.blob.equals(key.public.blob)).toBe(true)
    expect(again.key.equals(key.key)).toBe(true)
  })

  // OpenSSH 9.2 of Debian 12 does not read Ed25519 in PKCS#8; Node above does.
  const readable = cases.filter(([algorithm, format]) => !(algorithm === 'SSH_ED25519' && format === 'pkcs8'))
  it.skipIf(!keygen).each(readable)('of %s in %s is read by ssh-keygen', async (algorithm, format) => {
    const key = await keyOf(algorithm)
    const line = keygen!.run(['-y', '-P', '', '-f', 'written'], {
      written: writePrivateKey(key, format, 'c'),
    })
    expect(line.trim().split(' ').slice(0, 2).join(' ')).toBe(writePublicLine(key.public, ''))
  })

  it.skipIf(!keygen).each(algorithmNames)(
    'of %s made by ssh-keygen is read in every format',
    async (algorithm) => {
      const { privateKey, publicLine } = keygen!.generate(algorithm)
      const others = (['PEM', 'PKCS8'] as const).map((format) => keygen!.convert(privateKey, format))
      for (const text of [privateKey, ...others]) {
        const key = await readPrivateKey(text)
        expect(key.public.algorithm).toBe(algorithm)
        expect(publicLine.startsWith(writePublicLine(key.public, ''))).toBe(true)
      }
      // OpenSSH keeps Ed25519 in its own format, whatever it is asked for.
      const inPem = others.map((text) => text.split('\n')[0])
      const begin = algorithm.startsWith('SSH_RSA') ? 'RSA PRIVATE KEY' : 'EC PRIVATE KEY'
      const expected =
        algorithm === 'SSH_ED25519' ? ['OPENSSH PRIVATE KEY', 'OPENSSH PRIVATE KEY'] : [begin, 'PRIVATE KEY']
      expect(inPem).toEqual(expected.map((label) => `-----BEGIN ${label}-----`))
    },
  )
})

describe('the text that is kept of a private key', () => {
  const readable = (text: string) =>
    keygen!.run(['-y', '-P', '', '-f', 'kept'], { kept: text }).trim().split(' ').slice(0, 2).join(' ')
  const long = (text: string) => {
    const [begin, ...rest] = text.trim().split('\n')
    return [begin, rest.slice(0, -1).join(''), rest.at(-1)].join('\n')
  }
  const changes: readonly (readonly [string, (text: string) => string])[] = [
    ['no final newline', (text) => text.trimEnd()],
    ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
    ['CRLF and no final newline', (text) => text.trimEnd().replaceAll('\n', '\r\n')],
    ['line ends of old Macs', (text) => text.replaceAll('\n', '\r')],
    ['a byte order mark', (text) => `\ufeff${text}`],
    ['a byte order mark and CRLF', (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`],
    ['empty lines before and after', (text) => `\n \n${text}\n\t\n`],
    ['blanks at the ends of lines', (text) => text.replaceAll('\n', ' \n')],
    [
      'a text before BEGIN',
      (text) => `Bag Attributes\n    friendlyName: web\nKey Attributes: <none>\n${text}`,
    ],
    ['other line lengths', long],
  ]

  it.skipIf(!keygen)('is what ssh-keygen reads, however the key came', { timeout: 60_000 }, async () => {
    for (const [algorithm, format] of cases) {
      const key = await keyOf(algorithm)
      const written = writePrivateKey(key, format, 'a comment')
      const line = writePublicLine(key.public, '')
      const { text: normal } = await readPrivateKey(written)
      // Ed25519 in PKCS#8 is the one that OpenSSH before 9.6 does not read.
      if (algorithm === 'SSH_ED25519' && format === 'pkcs8') expect(normal).toContain('BEGIN OPENSSH')
      else expect(normal).toBe(written)
      expect(readable(normal)).toBe(line)
      for (const [how, change] of changes) {
        const { text } = await readPrivateKey(change(written))
        if (algorithm === 'SSH_ED25519' && format === 'pkcs8')
          expect([how, readable(text)]).toEqual([how, line])
        else expect([algorithm, format, how, text]).toEqual([algorithm, format, how, normal])
      }
    }
  })

  it('keeps no parameters of a curve before the key', async () => {
    const key = await keyOf('ECDSA_SHA2_NISTP256')
    const written = writePrivateKey(key, 'sec1')
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
    for (const before of [parameters, parameters.replaceAll('\n', '\r\n'), `\ufeff\n${parameters}\n`])
      expect((await readPrivateKey(before + written)).text).toBe(written)
  })

  it('is not made of UTF-16', async () => {
    const written = writePrivateKey(await keyOf('SSH_ED25519'), 'openssh')
    const bytes = Buffer.from(`\ufeff${written}`, 'utf16le')
    for (const encoding of ['latin1', 'utf8'] as const)
      expect(await reason(bytes.toString(encoding))).toMatch(/utf-16/)
  })
})

describe('a refused private key', () => {
  it.skipIf(!keygen).each([undefined, 'PEM', 'PKCS8'] as const)('with a passphrase (%s)', async (format) => {
    const algorithm = 'ECDSA_SHA2_NISTP256'
    const { privateKey } = keygen!.generate(algorithm, {
      passphrase: 'open sesame',
      ...(format ? { format } : {}),
    })
    expect(await reason(privateKey)).toMatch(/^private keys with a passphrase are not accepted/)
  })

  it('of another kind, in words', async () => {
    expect(await reason('PuTTY-User-Key-File-3: ssh-ed25519\n')).toMatch(/^\.ppk files are not accepted/)
    expect(await reason('-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----')).toMatch(
      /^dsa/,
    )
    expect(await reason('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')).toBe(
      '`PUBLIC KEY` is not a private key that is accepted',
    )
    expect(await reason('')).toBe('the private key must be in pem or openssh format')
    expect(await reason('hello')).toBe('the private key must be in pem or openssh format')
    expect(await reason('x'.repeat(20_000))).toBe('the private key is too long')
  })

  it('that is cut, doubled or followed by something', async () => {
    const key = await keyOf('SSH_ED25519')
    const text = writePrivateKey(key, 'openssh')
    const cut = 'the private key is cut off, or followed by something else'
    expect(await reason(text.slice(0, 100))).toBe(cut)
    expect(await reason(text + text)).toBe(cut)
    expect(await reason(`${text}#`)).toBe(cut)
    const der = Buffer.concat([key.key.export({ type: 'pkcs8', format: 'der' }), Buffer.of(0)])
    expect(
      await reason(`-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----`),
    ).toBe(cut)
  })

  it('on another curve or of another size', async () => {
    const { generateKeyPairSync } = await import('node:crypto')
    const pem = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const
    const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1', ...pem } as never)
      .privateKey as unknown
    expect(await reason(koblitz as string)).toMatch(/curve/)
    const small = generateKeyPairSync('rsa', { modulusLength: 1024, ...pem } as never).privateKey as unknown
    expect(await reason(small as string)).toBe('rsa keys have 2048, 3072 or 4096 bits here, not `1024`')
    const other = generateKeyPairSync('x25519', pem as never).privateKey as unknown
    expect(await reason(other as string)).toBe('private keys of type `x25519` are not accepted')
  })
})

describe('belonging together', () => {
  it('is refused between two keys', async () => {
    const [a, b] = await Promise.all([generateKey('SSH_ED25519'), generateKey('SSH_ED25519')])
    await expect(proveBelongs(a, a.public)).resolves.toBeUndefined()
    await expect(proveBelongs(a, b.public)).rejects.toThrow('does not belong')
  })

  it("notices a private key under another's public point", async () => {
    const [a, b] = await Promise.all([generateKey('ECDSA_SHA2_NISTP256'), generateKey('ECDSA_SHA2_NISTP256')])
    const mine = a.key.export({ type: 'sec1', format: 'der' })
    const point = (key: PrivateKey) => key.public.blob.subarray(-64)
    const at = mine.indexOf(point(a))
    expect(at).toBeGreaterThan(0)
    const forged = Buffer.concat([mine.subarray(0, at), point(b), mine.subarray(at + 64)])
    const text = `-----BEGIN EC PRIVATE KEY-----\n${forged.toString('base64')}\n-----END EC PRIVATE KEY-----`
    expect(await reason(text)).not.toBe('accepted')
  })

  it('notices a wrong number in an rsa key', async () => {
    const key = await keyOf('SSH_RSA_2048')
    const der = key.key.export({ type: 'pkcs1', format: 'der' })
    for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
      const value = Buffer.from(key.key.export({ format: 'jwk' })[part] as string, 'base64url')
      const at = der.indexOf(value)
      const forged = Buffer.from(der)
      forged[at + value.length - 1] = (forged[at + value.length - 1] as number) ^ 2
      const text = `-----BEGIN RSA PRIVATE KEY-----\n${forged.toString('base64')}\n-----END RSA PRIVATE KEY-----`
      expect([part, await reason(text)]).not.toEqual([part, 'accepted'])
    }
  })
})

it('customary formats are those that ssh-keygen reads', async () => {
  expect(customaryFormat(await keyOf('SSH_RSA_2048'))).toBe('pkcs1')
  expect(customaryFormat(await keyOf('ECDSA_SHA2_NISTP384'))).toBe('sec1')
  expect(customaryFormat(await keyOf('SSH_ED25519'))).toBe('openssh')
})
