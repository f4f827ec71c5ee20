import { expect, test } from 'vitest'
import { exitCodes } from './exit.ts'
import { keyward } from './testing/io.ts'

test('without a command, or asked for help, the commands and exit codes are listed', async () => {
  for (const argv of [[], ['help'], ['--help'], ['-h']]) {
    const { exitCode, out } = await keyward(argv)
    expect(exitCode).toBe(0)
    for (const word of ['serve', 'apply', 'call', 'audit verify', ...Object.values(exitCodes)])
      expect(out).toContain(word)
  }
})

test('help on help is the overview, and that on a group lists its commands', async () => {
  const overview = await keyward(['help'])
  for (const line of ['help help', 'help --help', 'help -h'])
    expect(await keyward(line.split(' '))).toEqual(overview)
  for (const group of ['host', 'policy', 'keypair', 'audit']) {
    const shown = await keyward(['help', group])
    expect(shown).toMatchObject({ exitCode: 0, err: '' })
    const commands = overview.out.split('\n').filter((row) => row.startsWith(`  ${group} `))
    expect(commands.length).toBeGreaterThan(0)
    for (const row of commands) expect(shown.out).toContain(row.trim().split(/ {2,}/)[1])
    expect(shown.out).not.toContain('Run the service')
    for (const flag of ['--help', '-h']) expect(await keyward([group, flag])).toEqual(shown)
  }
  expect(await keyward(['help', 'audit', 'verfy'])).toMatchObject({ exitCode: 2, out: '' })
})

test.each(['serve', 'apply', 'call', 'audit verify'])(
  '`%s` explains itself with examples, within 80 columns',
  async (name) => {
    const words = name.split(' ')
    const { exitCode, out } = await keyward(['help', ...words])
    expect(exitCode).toBe(0)
    expect(out).toContain(`keyward ${name}`)
    expect(out).toContain('Examples')
    expect(out).toContain('--data')
    expect(await keyward([...words, '--help'])).toMatchObject({ exitCode: 0, out })
    const [about = '', rest = ''] = out.split('Examples')
    const prose = [
      ...about
        .split('\n')
        .slice(2)
        .filter((line) => !/^\s*(kms|kps|sts|keyward) /.test(line)),
      ...rest.split('Flags').slice(1).join('').split('\n'),
    ]
    for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(80)
  },
)

test('operations and their parameters are explained from the operation table', async () => {
  const { out } = await keyward(['help', 'call'])
  expect(out).toMatch(/^kms: .*\bEncrypt,/ms)
  expect(out).toContain('CreateKeypair (create)')
  expect(out).toMatch(/^sts: .*\bGetCallerIdentity\b/ms)
  for (const line of ['help call kms Encrypt', 'call kms Encrypt --help']) {
    const { out: one, exitCode } = await keyward(line.split(' '))
    expect(exitCode).toBe(0)
    expect(one).toMatch(/^ {2}KeyId= string: the id, ARN or alias of a key$/m)
    expect(one).toMatch(/^ {2}EncryptionContext= \(optional\) object: names and values/m)
  }
  expect(await keyward('help call kms Encrpyt'.split(' '))).toMatchObject({ exitCode: 2 })
})

test('the version is one line', async () => {
  for (const argv of [['--version'], ['-v'], ['version']]) {
    expect(await keyward(argv)).toMatchObject({
      exitCode: 0,
      out: `keyward 1.2.3 (Node ${process.versions.node})`,
    })
  }
})

const misuses: [line: string, says: string][] = [
  ['srve', 'unknown command `srve`; did you mean `serve`?'],
  ['audit', '`audit` wants one of: audit verify'],
  ['audit verfy', '`audit` wants one of: audit verify'],
  ['frobnicate', 'unknown command `frobnicate`'],
  ['policy', '`policy` wants one of: policy check, policy explain'],
  ['polcy check', 'unknown command `polcy`; did you mean `policy check`?'],
  ['serve now', 'usage: keyward serve'],
  ['apply', 'usage: keyward apply FILE'],
  ['apply a b', 'usage: keyward apply FILE'],
  ['call kms', 'usage: keyward call PRODUCT OPERATION'],
  ['serve --lissten x', 'unknown flag `--lissten`; did you mean `--listen`?'],
  ['serve -x', 'unknown flag `-x`'],
  ['serve --data', '`--data` wants a value: --data FOLDER'],
  ['serve --data --test-clock', '`--data` wants a value'],
  ['serve --test-clock=yes', '`--test-clock` takes no value'],
  ['serve --data a --data b', '`--data` is given more than once'],
  ['serve --listen 0.0.0.0:7700', 'can be reached from other machines'],
  ['apply none.yaml', 'cannot be read: ENOENT'],
  ['call kmz Encrypt', 'unknown product `kmz`; did you mean `kms`?'],
  ['call kms Encrpyt', 'unknown operation `Encrpyt` of kms; did you mean `Encrypt`?'],
  ['call kps lst', 'unknown operation'],
  ['call kms Encrypt KeyId', '`KeyId` is not a parameter: write NAME=VALUE'],
  ['call kms Encrypt KeyId=k', 'wants `Plaintext=` as well'],
  ['call kms Encrypt KeyId=k Plaintxt=x', 'unknown parameter `Plaintxt`; did you mean `Plaintext`?'],
  ['call kms Encrypt KeyId=k Plaintext=@none', 'cannot be read: ENOENT'],
  ['call kms ListKeys', 'there is no `/nowhere/data/root-credentials.json`; start a service once'],
  ['call kms ListKeys --as alice', 'there is no `/nowhere/data/credentials.json`; apply a world'],
  ['call kms ListKeys --credentials c.json', '`--credentials c.json` wants `--as NAME`'],
  ['host list --credentials c.json', '`--credentials c.json` wants `--as NAME`'],
  ['audit verify', 'there is no database `/nowhere/data/keyward.db`'],
]

test.each(misuses)('`keyward %s` is a misuse with a sentence', async (line, says) => {
  const { exitCode, out, err } = await keyward(line.split(' '))
  expect(err).toContain(says)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})
