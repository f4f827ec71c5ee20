import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeDatedPair, makePair, openssl, textOf } from './testing/certificates.ts'
import { checkPair } from './tls-pair.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-pairs-'))
  for (const kind of ['rsa', 'p256', 'ed25519', 'secp256k1', 'shortRsa'] as const)
    makePair(folder, kind, kind)
  makePair(folder, 'other', 'rsa')
  openssl(folder, 'pkcs8 -topk8 -in rsa.key -out locked.key -passout pass:swordfish')
  openssl(folder, 'rsa -aes256 -traditional -in rsa.key -out old-locked.key -passout pass:swordfish')
  openssl(folder, 'genpkey -algorithm X25519 -out x25519.key')
  makeDatedPair(folder, 'past', '200101000000Z', '210101000000Z')
  makeDatedPair(folder, 'future', '20900101000000Z', '20910101000000Z')
  makePair(folder, 'client', 'p256', '-addext extendedKeyUsage=clientAuth')
  write('both.crt', textOf(at('other.crt')) + textOf(at('rsa.crt')))
  write('wrong-order.crt', textOf(at('rsa.crt')) + textOf(at('other.crt')))
  write('broken.crt', textOf(at('rsa.crt')).replace(/\n[^\n]{10}/, '\n**********'))
  write('broken.key', textOf(at('rsa.key')).replace(/\n[^\n]{30}/, `\n${'A'.repeat(30)}`))
  write('text', 'hello')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)
const write = (name: string, text: string) => writeFileSync(at(name), text)
const check = (cert: string, key: string, passphrase?: string, minimum: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2') =>
  checkPair(
    {
      cert: textOf(at(cert)),
      key: textOf(at(key)),
      certFile: cert,
      keyFile: key,
      ...(passphrase === undefined ? {} : { passphrase }),
    },
    minimum,
  )

describe('refused, in words', () => {
  test.each([
    [
      'an EC key beside an RSA certificate',
      'rsa.crt',
      'p256.key',
      /`rsa.crt` \(RSA 2048\) and the private key `p256.key` \(EC prime256v1\) do not belong together/,
    ],
    ['an RSA key beside an EC certificate', 'p256.crt', 'rsa.key', /do not belong together/],
    ['the key of another certificate', 'other.crt', 'rsa.key', /do not belong together/],
    [
      'its certificate in the second place',
      'both.crt',
      'rsa.key',
      /is number 2 in `both.crt`: it must come first/,
    ],
    ['a key that cannot sign', 'rsa.crt', 'x25519.key', /do not belong together/],
    ['a curve that TLS does not know', 'secp256k1.crt', 'secp256k1.key', /no client could connect .*curve/],
    ['a key that is too short', 'shortRsa.crt', 'shortRsa.key', /no client could connect .*size.*ERR_SSL_/],
    [
      'a certificate in place of the key',
      'rsa.crt',
      'rsa.crt',
      /no private key in PEM form: it holds a certificate/,
    ],
    [
      'a key in place of the certificate',
      'rsa.key',
      'rsa.key',
      /no certificate in PEM form: it holds a private key/,
    ],
    ['a text', 'text', 'rsa.key', /no certificate in PEM form$/],
    ['a damaged certificate', 'broken.crt', 'rsa.key', /number 1 in `broken.crt` cannot be read/],
    ['a damaged key', 'rsa.crt', 'broken.key', /`broken.key` cannot be read: it is damaged/],
    [
      'a key with a passphrase',
      'rsa.crt',
      'locked.key',
      /has a passphrase: name a file .*--tls-key-passphrase/,
    ],
    [
      'one in the old form',
      'rsa.crt',
      'old-locked.key',
      /has a passphrase: name a file .*--tls-key-passphrase/,
    ],
  ])('%s', async (_, cert, key, says) => {
    await expect(check(cert, key)).rejects.toThrow(says)
  })

  test('a wrong passphrase', async () => {
    for (const key of ['locked.key', 'old-locked.key'])
      await expect(check('rsa.crt', key, 'sword')).rejects.toThrow(/the passphrase does not open/)
  })
})

describe('taken', () => {
  test.each(['rsa', 'p256', 'ed25519'])('%s, down to either version of TLS', async (kind) => {
    for (const minimum of ['TLSv1.2', 'TLSv1.3'] as const)
      expect((await check(`${kind}.crt`, `${kind}.key`, undefined, minimum)).warnings).toEqual([])
  })

  test.each(['locked.key', 'old-locked.key'])('%s, with its passphrase', async (key) => {
    expect((await check('rsa.crt', key, 'swordfish')).key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  })

  test.each([
    ['past', /`past.crt` expired at 2021-01-01T/],
    ['future', /`future.crt` is not valid before 2090-01-01T/],
    ['client', /`client.crt` is not meant for servers/],
  ])('%s, with a warning', async (name, says) => {
    expect((await check(`${name}.crt`, `${name}.key`)).warnings).toEqual([expect.stringMatching(says)])
  })

  test('a chain out of order, with a warning', async () => {
    expect((await check('wrong-order.crt', 'rsa.key')).warnings).toEqual([
      expect.stringMatching(/out of order/),
    ])
  })
})
