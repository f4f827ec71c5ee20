import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settingRows, variableOf } from './settings.ts'
import { settingsHelp, settingsPage } from './settings-page.ts'
import { readSettings } from './settings-read.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-settings-'))
  write('cert.pem', 'x')
  write('key.pem', 'x', 0o600)
  write('open-key.pem', 'x', 0o644)
  write('world.yaml', 'accounts: {}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string, mode = 0o644) {
  writeFileSync(join(folder, name), text, { mode })
  chmodSync(join(folder, name), mode)
}

function read(flags: Record<string, string | string[]> = {}, environment: Record<string, string> = {}) {
  const entries = Object.entries(flags).map(([name, value]): [string, string[]] => [name, [value].flat()])
  return readSettings({ flags: new Map(entries), environment, folder })
}
const settings = (...sources: Parameters<typeof read>) => {
  const result = read(...sources)
  if (!result.settings) throw new Error(result.problems.join('\n'))
  return result.settings
}

test('without any source, everything lies in ./data and only this machine is served', () => {
  expect(settings()).toEqual({
    listen: { host: '127.0.0.1', port: 7700 },
    data: join(folder, 'data'),
    auditArchive: join(folder, 'data', 'audit-archive'),
    database: { kind: 'sqlite', path: join(folder, 'data/keyward.db') },
    rootKey: join(folder, 'data/root.key'),
    trustedProxies: [],
    regions: { alibaba: 'cn-hangzhou', huawei: 'cn-north-4' },
    testClock: false,
    strictDependencies: false,
    cloudDefaultPolicy: false,
    logLevel: 'info',
    accessLog: false,
  })
})

describe('sources', () => {
  test('a flag wins over a variable, a variable over the file, the file over the default', () => {
    write('order.yaml', 'data: c\nregion-alibaba: cn-file\nregion-huawei: cn-file-1\nlog-level: warn')
    const flags = { config: 'order.yaml', 'region-alibaba': 'cn-flag' }
    const { regions, logLevel } = settings(flags, {
      KEYWARD_REGION_ALIBABA: 'cn-variable',
      KEYWARD_REGION_HUAWEI: 'cn-variable-1',
    })
    expect({ regions, logLevel }).toEqual({
      regions: { alibaba: 'cn-flag', huawei: 'cn-variable-1' },
      logLevel: 'warn',
    })
  })

  test('every setting can be given in every way that the table says', () => {
    const samples: Record<string, string> = {
      listen: '[::1]:0',
      data: 'd',
      database: 'postgres://k:w@db.example/keyward',
      'root-key': 'r',
      tls: 'self-signed',
      'tls-name': 'keyward.internal',
      'tls-cert': 'cert.pem',
      'tls-key': 'key.pem',
      'tls-key-passphrase': 'key.pem',
      'tls-min': '1.3',
      'trusted-proxy': '10.0.0.0/8',
      'region-alibaba': 'cn-beijing',
      'region-huawei': 'cn-south-1',
      apply: 'world.yaml',
      'strict-dependencies': 'true',
      'cloud-default-policy': 'true',
      'offline-hooks': '.',
      'test-clock': 'true',
      'insecure-http': 'true',
      'insecure-test-clock': 'true',
      'log-level': 'silent',
      'access-log': 'true',
      'audit-sink': 'syslog+tls://logs.example.com:6514',
      'audit-sink-ca': 'cert.pem',
      'audit-retention': '400d',
      'audit-archive': 'archive',
      metrics: '127.0.0.1:9464',
      traces: 'http://127.0.0.1:4318',
      'trace-share': '0.5',
    }
    const together: Record<string, string[]> = {
      'tls-name': ['tls'],
      'audit-sink-ca': ['audit-sink'],
      'audit-archive': ['audit-retention'],
      'trace-share': ['traces'],
      'insecure-http': ['listen'],
      'insecure-test-clock': ['test-clock'],
      'tls-cert': ['tls-key'],
      'tls-key': ['tls-cert'],
      'tls-key-passphrase': ['tls-key', 'tls-cert'],
      'tls-min': ['tls'],
    }
    const plain = JSON.stringify(settings())
    for (const { name } of settingRows.filter((row) => row.name !== 'config')) {
      const flags = Object.fromEntries([name, ...(together[name] ?? [])].map((one) => [one, samples[one]!]))
      const byFlag = JSON.stringify(settings(flags))
      expect(byFlag, name).not.toBe(plain)
      const variables = Object.fromEntries(
        Object.entries(flags).map(([one, value]) => [variableOf(one), value]),
      )
      expect(JSON.stringify(settings({}, variables)), name).toBe(byFlag)
      write('each.json', JSON.stringify(flags))
      expect(JSON.stringify(settings({}, { KEYWARD_CONFIG: 'each.json' })), name).toBe(byFlag)
    }
  })

  test('a list is repeated as a flag, has commas in a variable and is a list in the file', () => {
    const wanted = ['10.0.0.0/8', '::1']
    write('list.yaml', "trusted-proxy: [10.0.0.0/8, '::1']")
    expect(settings({ 'trusted-proxy': wanted }).trustedProxies).toEqual(wanted)
    expect(settings({}, { KEYWARD_TRUSTED_PROXY: '10.0.0.0/8, ::1' }).trustedProxies).toEqual(wanted)
    expect(settings({ config: 'list.yaml' }).trustedProxies).toEqual(wanted)
  })

  test('paths of a file start at its folder, `1.20` stays a text, comments and an empty file are fine', () => {
    write('paths.yaml', '# nothing but a folder\ndata: ./elsewhere\n')
    expect(
      readSettings({
        flags: new Map(),
        environment: { KEYWARD_CONFIG: join(folder, 'paths.yaml') },
        folder: '/',
      }),
    ).toMatchObject({ settings: { data: join(folder, 'elsewhere') } })
    write('empty.yaml', '# nothing\n')
    expect(settings({ config: 'empty.yaml' })).toEqual(settings())
    write('version.yaml', 'tls: self-signed\ntls-min: 1.20\n')
    expect(read({ config: 'version.yaml' }).problems?.join()).toContain('`1.20` is not one of')
  })
})

/** Sources that are refused, and what the sentence must say. */
const refused: [
  what: string,
  flags: Record<string, string | string[]>,
  says: string | RegExp,
  environment?: Record<string, string>,
][] = [
  ['an unknown flag', { lissten: 'x' }, 'unknown flag `--lissten`; did you mean `--listen`?'],
  ['an unknown flag like no other', { frobnicate: 'x' }, /^unknown flag `--frobnicate`$/],
  [
    'an unknown variable',
    {},
    'unknown variable `KEYWARD_DATABSE`; did you mean `KEYWARD_DATABASE`?',
    { KEYWARD_DATABSE: 'x' },
  ],
  ['one flag twice', { data: ['a', 'b'] }, '--data: is given more than once'],
  ['a port alone', { listen: '7700' }, 'write `127.0.0.1:7700`'],
  ['no host', { listen: ':7700' }, 'write `0.0.0.0:7700`'],
  ['a port too high', { listen: '127.0.0.1:65536' }, 'the highest is 65535'],
  ['no address', { listen: '127.0.0.300:1' }, 'is not an IPv4 address'],
  ['IPv6 without brackets', { listen: '::1:80' }, 'is not an address'],
  ['plain HTTP for everyone', { listen: '0.0.0.0:7700' }, 'can be reached from other machines'],
  ['plain HTTP for everyone, IPv6', { listen: '[::]:7700' }, 'can be reached from other machines'],
  ['plain HTTP under a name', { listen: 'keyward.example:7700' }, 'can be reached from other machines'],
  [
    'plain HTTP, by a variable',
    {},
    /^KEYWARD_LISTEN: `10\.0\.0\.1` can be reached/,
    { KEYWARD_LISTEN: '10.0.0.1:1' },
  ],
  [
    'a test clock for everyone',
    { listen: '0.0.0.0:1', tls: 'self-signed', 'test-clock': 'true' },
    'loopback addresses only',
  ],
  ['a certificate without its key', { 'tls-cert': 'cert.pem' }, '--tls-cert: comes without its private key'],
  ['a key without its certificate', { 'tls-key': 'key.pem' }, '--tls-key: comes without its certificate'],
  [
    'two certificates',
    { tls: 'self-signed', 'tls-cert': 'cert.pem', 'tls-key': 'key.pem' },
    'one or the other',
  ],
  ['a missing certificate', { 'tls-cert': 'no.pem', 'tls-key': 'key.pem' }, 'there is no file'],
  [
    'a private key that others can read',
    { 'tls-cert': 'cert.pem', 'tls-key': 'open-key.pem' },
    'every user of this machine can read',
  ],
  [
    'a passphrase that others can read',
    { 'tls-cert': 'cert.pem', 'tls-key': 'key.pem', 'tls-key-passphrase': 'open-key.pem' },
    /^--tls-key-passphrase: every user of this machine can read/,
  ],
  ['a passphrase without its key', { 'tls-key-passphrase': 'key.pem' }, 'comes without a private key'],
  [
    'a passphrase for a key of our own making',
    { tls: 'self-signed', 'tls-key-passphrase': 'key.pem' },
    'comes without a private key',
  ],
  ['a TLS version without TLS', { 'tls-min': '1.3' }, 'nothing asks for TLS'],
  ['an old TLS version', { tls: 'self-signed', 'tls-min': '1.0' }, '`1.0` is not one of `1.2`, `1.3`'],
  ['another kind of TLS', { tls: 'yes' }, '`yes` is not one of `self-signed`'],
  ['a proxy that is everyone', { 'trusted-proxy': '0.0.0.0/0' }, 'is everyone'],
  ['a proxy that is everyone, IPv6', { 'trusted-proxy': ['10.0.0.1', '::/0'] }, 'is everyone'],
  ['a proxy that is no network', { 'trusted-proxy': '10.0.0.0/33' }, 'is not an address or a network'],
  ['an unknown database', { database: 'mysql://x' }, 'is neither `sqlite:PATH` nor'],
  ['a database without a name', { database: 'sqlite:' }, '`sqlite:` wants the path of a file'],
  ['a database in memory', { database: 'sqlite::memory:' }, 'a database in memory is not offered'],
  [
    'a database in memory, as a URI',
    { database: 'sqlite:file:x?mode=memory' },
    'a database in memory is not',
  ],
  ['a name for another certificate', { 'tls-name': 'kw' }, 'add `--tls self-signed`'],
  [
    'a name that is none',
    { tls: 'self-signed', 'tls-name': 'a b' },
    '`a b` is neither a name nor an address',
  ],
  ['plain HTTP beside TLS', { tls: 'self-signed', 'insecure-http': 'true' }, 'stands beside TLS'],
  ['leave to move no clock', { 'insecure-test-clock': 'true' }, 'comes without a test clock'],
  ['an unknown level', { 'log-level': 'inof' }, 'did you mean `info`?'],
  ['a sink over UDP', { 'audit-sink': 'syslog+udp://h:514' }, 'over UDP, entries would be lost unseen'],
  ['a sink that is none', { 'audit-sink': 'https://h' }, 'is none of `file:PATH`'],
  ['a sink without a port', { 'audit-sink': 'syslog+tls://h' }, 'is none of `file:PATH`'],
  [
    'certificates for a sink without TLS',
    { 'audit-sink': 'syslog+tcp://h:601', 'audit-sink-ca': 'cert.pem' },
    'is for a sink over TLS',
  ],
  ['a retention without its unit', { 'audit-retention': '400' }, 'is not a number of days such as `400d`'],
  ['a retention of nothing', { 'audit-retention': '0d' }, 'is not a number of days'],
  ['an archive of nothing', { 'audit-archive': 'x' }, 'nothing leaves; add `--audit-retention DAYS`'],
  ['a region that is none', { 'region-alibaba': 'Hangzhou!' }, 'is not a region such as `cn-hangzhou`'],
  ['a file to apply that is not there', { apply: 'none.yaml' }, 'there is no file'],
  ['an empty path', { data: '' }, '--data: names no file'],
  [
    'a settings file that is not there',
    { config: 'none.yaml' },
    /settings file `.*none\.yaml` cannot be read: ENOENT/,
  ],
]

test.each(refused)('%s is refused with a sentence', (_, flags, says, environment) => {
  const { problems } = read(flags, environment)
  expect(problems?.join('\n')).toMatch(
    says instanceof RegExp ? says : new RegExp(says.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
  )
})

test.each([
  ['an unknown name', 'data: x\nlisen: y', ':2:1: unknown setting `lisen`; did you mean `listen`?'],
  ['the file itself', 'config: y', ':1:1: unknown setting `config`'],
  ['a name twice', 'data: x\ndata: y', ':2:1: map keys must be unique'],
  ['a map as a value', 'data: {a: 1}', ':1:1: `data` wants one value'],
  ['no value', 'data:', ':1:1: `data` wants one value'],
  ['a list of maps', 'trusted-proxy: [{a: 1}]', ':1:1: `trusted-proxy` wants a list of texts'],
  ['a list at the top', '- data', ':1:1: a settings file is a list of'],
  ['bad syntax', 'data: "x', 'bad.yaml:1:'],
  ['a bad value, with its place', 'data: d\nlog-level: loud', ':2:1: log-level: `loud` is not one of'],
])('in a file, %s is refused with its place', (_, text, says) => {
  write('bad.yaml', text)
  expect(read({ config: 'bad.yaml' }).problems?.join('\n')).toContain(says)
})

test('a refused database URL is not repeated: it may hold a password', () => {
  expect(read({ database: 'postgress://k:hunter2@db/x' }).problems?.join()).not.toContain('hunter2')
})

test('all problems come at once', () => {
  expect(read({ listen: '7700', 'log-level': 'loud', 'trusted-proxy': 'x' }).problems).toHaveLength(3)
})

test('other machines are served over TLS, and every name of this machine without', () => {
  expect(settings({ listen: '0.0.0.0:0', tls: 'self-signed' }).tls).toEqual({
    kind: 'self-signed',
    minimum: '1.2',
    names: [],
  })
  expect(settings({ listen: '[::]:0', 'tls-cert': 'cert.pem', 'tls-key': 'key.pem' }).tls?.kind).toBe('files')
  for (const listen of ['127.0.0.1:0', '127.8.8.8:0', '[::1]:0', 'localhost:0'])
    expect(settings({ listen }).tls).toBeUndefined()
})

test('what is unsafe off loopback is allowed where a flag of its own says that it is meant', () => {
  const everyone = { listen: '0.0.0.0:0', 'insecure-http': 'true' }
  expect(settings(everyone).tls).toBeUndefined()
  expect(settings({ ...everyone, 'test-clock': 'true', 'insecure-test-clock': 'true' }).testClock).toBe(true)
  expect(read({ ...everyone, 'test-clock': 'true' }).problems?.join()).toContain('`--insecure-test-clock`')
})

test('help and page name every setting in all its spellings', () => {
  for (const { name } of settingRows) {
    for (const text of [settingsHelp(), settingsPage()]) {
      expect(text).toContain(`--${name}`)
      expect(text).toContain(variableOf(name))
    }
  }
  expect(
    Math.max(
      ...settingsHelp(80)
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80)
})
