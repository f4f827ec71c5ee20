import { expect, test } from 'vitest'
import { policyFolder } from './testing/folder.ts'

const { policy } = policyFolder({})

test('an action, as its row of the table', async () => {
  expect(await policy('reference kps:SSHKeyPair:importPrivateKey')).toMatchObject({
    exitCode: 0,
    err: '',
    out: `kps:SSHKeyPair:importPrivateKey (action, iam)
  Have a private key kept for a key pair.
  access          Write
  resources       SSHKeyPair *  kps:{region}:{account}:SSHKeyPair:{name}
  condition keys  kps:KmsKeyId, the global ones
  other names     kps:domainKeypairs:importpk
  operations      POST /v3/{project_id}/keypairs/private-key/import
  may also need   kms:cmk:createDataKey
                  kms:cmk:list`,
  })
  const { out } = await policy('reference kps::getTask')
  expect(out).toContain('resources       - (only `*` hits it)')
})

test('a condition key, with what it holds and where it is of use', async () => {
  const { out } = await policy('reference kms:encryptioncontextKEYS')
  expect(out).toContain('kms:EncryptionContextKeys (condition key, ram)')
  expect(out).toMatch(/type +string, multi-valued\n/)
  expect(out).toMatch(/accepted by +key\n/)
  expect(out).toMatch(/carried by +.*kms:Encrypt/)
  expect((await policy('reference kms:tag/Project')).out).toContain(
    'kms:tag/<name> or kms:tag (condition key, ram)',
  )
  expect((await policy('reference kms:KeyUsage')).out).toContain('ENCRYPT_DECRYPT = ENCRYPT/DECRYPT')
  expect((await policy('reference kms:ValidTo')).out).toContain('date (also in Unix seconds)')
  expect((await policy('reference g:SourceIp')).out).toMatch(/carried by +every action/)
})

test.each<[name: string, found: readonly string[]]>([
  ['kms:encrypt', ['kms:Encrypt']],
  ['kms:ReEncrypt', ['kms:ReEncryptFrom', 'kms:ReEncryptTo']],
  ['kps:domainKeypairs:deletefailtasks', ['kps::deleteFailedTask']],
  ['CreateAlias', ['kms:CreateAlias']],
  ['kms:*Alias', ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias']],
  ['kps:*get?ask', ['kps::getTask']],
  ['AliyunKMSFullAccess', ['AliyunKMSFullAccess']],
])('`%s` finds %j', async (name, found) => {
  const { out } = await policy(`reference ${name} --json`)
  const names = JSON.parse(out).map(
    (one: { [kind: string]: { name: string } }) => (one.action ?? one.key ?? one.policy)!.name,
  )
  expect(names).toEqual(found)
})

test('a service of both languages is shown for each, or for the one asked for', async () => {
  const languages = async (line: string) =>
    new Set(JSON.parse((await policy(line)).out).map(({ language }: { language: string }) => language))
  expect(await languages('reference kms --json')).toEqual(new Set(['ram', 'iam']))
  expect(await languages('reference kms --json --language iam')).toEqual(new Set(['iam']))
})

test('without a name: everything', async () => {
  const { out } = await policy('reference')
  for (const text of [
    'ram: kms, Key Management Service',
    'iam: kps, Key Pair Service',
    'ecs:cloudServers:showServer',
    'g:TagKeys',
    'acs:SourceIp',
    'DEW KeypairFullAccess',
  ])
    expect(out).toContain(text)
  expect(out).toMatch(/^ {2}kps:SSHKeyPair:create +Write +SSHKeyPair \*$/m)
  const [iam, ...others] = JSON.parse((await policy('reference --language iam --json')).out)
  expect(others).toEqual([])
  expect(iam).toMatchObject({ language: 'iam', qualifiers: ['ForAnyValue', 'ForAllValues'], ifExists: true })
  expect(iam.services.map(({ code }: { code: string }) => code)).toEqual(
    expect.arrayContaining(['kps', 'kms', 'ecs', 'evs', 'ims', 'vpc']),
  )
})

test.each([
  ['reference kms:Encrpt', 'nothing is known of `kms:Encrpt`; did you mean `kms:Encrypt`?'],
  ['reference acs:SorceIp', 'did you mean `acs:SourceIp`?'],
  ['reference frobnicate', 'nothing is known of `frobnicate`'],
  ['reference kms:zzz*', 'nothing is known of `kms:zzz*`'],
  ['reference a b', 'usage: keyward policy reference'],
  ['reference --language x', 'unknown language `x`'],
])('`policy %s` is a misuse with a sentence', async (line, says) => {
  const { exitCode, out, err } = await policy(line)
  expect(err).toContain(says)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})

test.each(['check', 'explain', 'test', 'decide', 'reference'])(
  '`policy %s` explains itself with examples',
  async (name) => {
    const { exitCode, out } = await policy(`${name} --help`)
    expect(exitCode).toBe(0)
    expect(out).toContain(`keyward policy ${name}`)
    expect(out).toContain('Examples')
    const prose = out
      .split('\n')
      .filter((line) => !/^\s*(keyward|echo|terraform|kms|operators|payroll|ann|bob) ?/.test(line))
    for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(80)
  },
)
