import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyward } from './testing/io.ts'
import { type RunningService, startService } from './testing/service.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.remove())

const write = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(service.folder, name), content)
const read = (name: string) => readFileSync(join(service.folder, name), 'utf8')
const run = (line: string) => keyward(line.split(' '), { folder: service.folder })

async function parameters(spec: string, wrapping: string, algorithm: string) {
  const made = await run(`call kms CreateKey KeySpec=${spec} Origin=EXTERNAL --get KeyMetadata.KeyId`)
  expect(made.err).toBe('')
  const asked = await run(
    `call kms GetParametersForImport KeyId=${made.out} WrappingKeySpec=${wrapping} WrappingAlgorithm=${algorithm}`,
  )
  write('import.json', asked.out)
  return made.out
}
const imported = (keyId: string) =>
  run(
    `call kms ImportKeyMaterial KeyId=${keyId} ImportToken=@import.token EncryptedKeyMaterial=@import.material`,
  )

const pem = {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
} as const
const der = { ...pem, privateKeyEncoding: { type: 'pkcs8', format: 'der' } } as const

test.each([
  ['Aliyun_AES_256', 'RSA_2048', 'RSAES_OAEP_SHA_256', () => randomBytes(32)],
  ['Aliyun_SM4', 'EC_SM2', 'SM2PKE', () => randomBytes(16)],
  [
    'EC_P256',
    'RSA_2048',
    'RSAES_OAEP_SHA_256_AES_256_ECB_PKCS7_PAD',
    () => generateKeyPairSync('ec', { namedCurve: 'prime256v1', ...pem }).privateKey,
  ],
  [
    'EC_SM2',
    'EC_SM2',
    'SM2PKE_SM4_ECB',
    () => generateKeyPairSync('ec', { namedCurve: 'SM2', ...der }).privateKey,
  ],
])('wraps %s for import under %s by %s', async (spec, wrapping, algorithm, material) => {
  const keyId = await parameters(spec, wrapping, algorithm)
  write('key.bin', material())
  const { err, exitCode, out } = await run(
    `wrap import.json key.bin --algorithm ${algorithm} --key-spec ${spec}`,
  )
  expect([exitCode, err]).toEqual([0, ''])
  expect(out.split('\n').map((line) => line.split('/').at(-1))).toEqual(['import.material', 'import.token'])
  expect(statSync(join(service.folder, 'import.material')).mode & 0o777).toBe(0o600)
  expect(await imported(keyId)).toMatchObject({ exitCode: 0 })
  const shown = await run(`call kms DescribeKey KeyId=${keyId} --get KeyMetadata.KeyState`)
  expect(shown.out).toBe('Enabled')
})

test('says what is wrong, and writes nothing', async () => {
  await parameters('Aliyun_AES_256', 'RSA_2048', 'RSAES_OAEP_SHA_256')
  write('key.bin', Buffer.alloc(33))
  write('other.json', JSON.stringify({ PublicKey: 'AAAA', ImportToken: 'AAAA' }))
  write('empty.json', '{}')
  write('good.bin', Buffer.alloc(32))
  const says = async (line: string) => {
    const { err, exitCode, out } = await run(`wrap ${line} --out nothing`)
    expect([exitCode, out]).toEqual([2, ''])
    expect(() => read('nothing.material')).toThrow('ENOENT')
    return err
  }
  const way = '--algorithm RSAES_OAEP_SHA_256'
  expect(await says(`import.json key.bin ${way}`)).toContain('has 32 bytes; `key.bin` has 33')
  expect(await says('import.json good.bin')).toContain('`--algorithm` is missing')
  expect(await says('import.json good.bin --algorithm SM2PKE_SM4_ECB')).toContain('but by RSAES_PKCS1_V1_5')
  expect(await says(`import.json good.bin ${way} --key-spec AES`)).toContain('unknown key spec `AES`')
  expect(await says(`import.json none.bin ${way}`)).toContain('`none.bin` cannot be read: ENOENT')
  expect(await says(`none.json good.bin ${way}`)).toContain('GetParametersForImport')
  expect(await says(`empty.json good.bin ${way}`)).toContain('has no `PublicKey`')
  expect(await says(`other.json good.bin ${way}`)).toContain('is not one for `RSAES_OAEP_SHA_256`')
})
