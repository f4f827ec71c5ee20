import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyward, type Surroundings } from './testing/io.ts'
import { type RunningService, startService } from './testing/service.ts'

// The commands against a service in a process of its own, in the order in which a person would come across them.

const world = `accounts:
  - name: main
    policies:
      - name: UseKeys
        language: ram
        file: use-keys.json
    users:
      - name: alice
        policies: {ram: [UseKeys]}
        accessKeys: [{generate: laptop}]
      - name: bob
        accessKeys: [{generate: laptop}]
`
const useKeys = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }
const mode = (file: string) => statSync(file).mode & 0o777

let service: RunningService
beforeAll(async () => {
  service = await startService()
  write('world.yaml', world)
  write('use-keys.json', JSON.stringify(useKeys))
})
afterAll(() => service.remove())

function write(name: string, text: string) {
  writeFileSync(join(service.folder, name), text)
}
function run(line: string, around: Surroundings = {}) {
  return keyward(line.split(' '), { folder: service.folder, ...around })
}

test('clock status shows the clocks, and clock trust says that they are right', async () => {
  const status = await run('clock status')
  expect(status).toMatchObject({ exitCode: 0 })
  expect(JSON.parse(status.out)).toMatchObject({ Trusted: true, KeysToDestroy: 0 })
  expect(await run('clock trust')).toMatchObject({ exitCode: 0 })
  const wrong = await run('clock trust 2001-01-01T00:00:00Z')
  expect(wrong.exitCode).not.toBe(0)
  expect(wrong.err).toContain('the wall clock of this service says')
})

test('serve prints its URL alone, keeps the root credentials private, and says where they are in its log', () => {
  expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  const file = join(service.data, 'root-credentials.json')
  expect(mode(file)).toBe(0o600)
  const lines = service
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toContainEqual(expect.objectContaining({ level: 'info', credentialsFile: file }))
  expect(service.log()).not.toContain(JSON.parse(readFileSync(file, 'utf8')).accessKeySecret)
})

test('a mistake in a world file is named with its place, and nothing changes', async () => {
  write('bad.yaml', 'accounts:\n  - name: main\n    usrs: []\n')
  const { exitCode, err } = await run('apply bad.yaml')
  expect(err).toMatch(/bad\.yaml:3:5: unknown member `usrs`/)
  expect(err).toContain('nothing was changed: 1 mistake')
  expect(exitCode).toBe(2)
})

test('a mistake in a policy file is named with that file', async () => {
  write('worse.yaml', world.replace('use-keys', 'broken'))
  write('broken.json', '{"Version": "1", "Statement": [}')
  const { exitCode, err } = await run('apply worse.yaml')
  expect(err).toMatch(/worse\.yaml:6:\d+ \(.*broken\.json\): /)
  expect(exitCode).toBe(2)
})

test('a preview says what would change, and changes nothing', async () => {
  const { exitCode, out } = await run('apply world.yaml --preview', {
    person: { answers: [] },
    environment: { NO_COLOR: '1' },
  })
  expect(exitCode).toBe(0)
  expect(out.split('\n')).toEqual(
    expect.arrayContaining([
      'account main',
      '  + ram policy UseKeys',
      '  + user alice',
      '6 to create, 0 to update, 0 to delete',
    ]),
  )
  expect(existsSync(join(service.data, 'credentials.json'))).toBe(false)
})

test('a preview where no service runs judges the file and says what it declares', async () => {
  const elsewhere = { NO_COLOR: '1', KEYWARD_DATA: 'no-such-data' }
  const alone = await run('apply world.yaml --preview', { person: { answers: [] }, environment: elsewhere })
  expect(alone.exitCode).toBe(0)
  expect(alone.out.split('\n')).toEqual(
    expect.arrayContaining(['account main', '  + ram policy UseKeys', '  + user alice']),
  )
  expect(alone.err).toMatch(/^keyward: no service runs here: .*`keyward serve`.*`--endpoint`$/)
  const bad = await run('apply bad.yaml --preview', { environment: elsewhere })
  expect(bad.err).toMatch(/bad\.yaml:3:5: unknown member `usrs`/)
  expect(bad.exitCode).toBe(2)
  // To change something, or to compare, a service is needed.
  expect((await run('apply world.yaml', { environment: elsewhere })).exitCode).toBe(2)
  expect((await run('apply world.yaml --diff', { environment: elsewhere })).exitCode).toBe(2)
})

test('apply keeps generated keys in a private file and tells no secret; a second time it changes nothing', async () => {
  const { exitCode, out } = await run('apply world.yaml')
  expect(exitCode).toBe(0)
  const file = join(service.data, 'credentials.json')
  expect(mode(file)).toBe(0o600)
  const { profiles } = JSON.parse(readFileSync(file, 'utf8'))
  expect(Object.keys(profiles)).toEqual(['alice', 'bob'])
  expect(JSON.parse(out)).toMatchObject({ Applied: true, CredentialsFile: file, Profiles: ['alice', 'bob'] })
  expect(out).not.toContain(profiles.alice.accessKeySecret)
  const again = await run('apply world.yaml --credentials elsewhere.json')
  expect(JSON.parse(again.out)).toMatchObject({ Applied: false, Changes: [] })
})

test('a key pair and a key are made by who may, and refused with 3 to who may not', async () => {
  const created = await run('call kms CreateKey --as alice --get KeyMetadata.KeyId')
  expect(created).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  const encrypt = `call kms Encrypt KeyId=${created.out} Plaintext=hello EncryptionContext.Project=A`
  const blob = (await run(`${encrypt} --as alice --get CiphertextBlob`)).out
  const decrypt = `call kms Decrypt CiphertextBlob=${blob}`
  expect(await run(`${decrypt} EncryptionContext.Project=A --as alice --get Plaintext`)).toMatchObject({
    exitCode: 0,
    out: 'hello',
  })
  expect(await run(`${decrypt} EncryptionContext.Project=B --as alice`)).toMatchObject({ exitCode: 1 })
  const denied = await run(`${decrypt} --as bob`)
  expect(denied.exitCode).toBe(3)
  expect(denied.err.split('\n')).toEqual([
    'keyward: denied: no identity policy allows kms:Decrypt',
    'keyward: see why: the same command with --why',
  ])
  expect(JSON.parse(denied.out)).toMatchObject({ Code: 'Forbidden.NoPermission' })
  // Bob may not open the message himself: the root key of the folder does.
  const why = await run(`${decrypt} --as bob --why`)
  expect(why.exitCode).toBe(3)
  expect(why.err.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^ {2}bob asked for kms:Decrypt on acs:kms:[^:]+:\d+:key\/[0-9a-f-]{36}$/),
    '  no identity policy allows it',
    expect.stringMatching(
      /^ {2}nearest: statement .* would allow it: Principal wants .*:root; the request is by .*:user\/bob$/,
    ),
  ])
  const other = await run('call kps create name=no --as bob --why')
  expect(other.err).toContain('  bob asked for kps:SSHKeyPair:create on kps:')
  // A terminal is not flooded with what only the service can read; who asks for JSON gets it.
  const seen = await keyward(`${decrypt} --as bob`.split(' '), {
    folder: service.folder,
    environment: { NO_COLOR: '1' },
    person: { answers: [] },
  })
  expect(seen.out).toContain('characters: --why reads them, --output json shows them)')
  expect(seen.out.length).toBeLessThan(1000)
  expect((await run(`${decrypt} --as bob --output json`)).out).toMatch(/Message":"[A-Za-z0-9+/=]{1000}/)
  // A script that keeps one member in a variable must not find a refusal in it.
  expect(await run(`${decrypt} --as bob --get Plaintext`)).toMatchObject({
    exitCode: 3,
    out: '',
    err: 'keyward: denied: no identity policy allows kms:Decrypt\nkeyward: see why: the same command with --why',
  })
  expect(await run(`${decrypt} --as alice --get Plaintext`)).toMatchObject({ exitCode: 1, out: '' })

  expect(await run('call kps create name=one')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('PRIVATE KEY'),
  })
  expect(await run('call kps show name=one --get keypair.name')).toMatchObject({ exitCode: 0, out: 'one' })
  expect(await run('call kps list --get page_info.current_count')).toMatchObject({ exitCode: 0, out: '1' })
  expect(await run('call kps delete name=one')).toMatchObject({ exitCode: 0, out: '{}' })
  expect(await run('call kps create name=two --as alice')).toMatchObject({ exitCode: 3 })
})

test('the calls of the REST wire that belong to no project go without one', async () => {
  const { domainId } = JSON.parse(readFileSync(join(service.data, 'root-credentials.json'), 'utf8'))
  const who = await run('call sts CallerIdentity')
  expect(who).toMatchObject({ exitCode: 0, out: expect.stringContaining(domainId) })
  const refused = JSON.parse((await run('call kps list --as alice')).out)
  const message = `encoded_message=${refused.encoded_authorization_message}`
  const read = await run(`call sts DecodeAuthorizationMessage ${message} --get decoded_message`)
  expect(read.exitCode).toBe(0)
  expect(JSON.parse(read.out)).toMatchObject({ allowed: false, account_id: domainId })
  const agency = `agency_urn=iam::${domainId}:agency:none agency_session_name=session`
  expect(await run(`call sts AssumeAgency ${agency}`)).toMatchObject({ exitCode: 3 })
})

test('a profile with a security token signs as the session, on both wires', async () => {
  const root = JSON.parse(readFileSync(join(service.data, 'root-credentials.json'), 'utf8'))
  const trust = {
    Version: '1',
    Statement: {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: `acs:ram::${root.accountUid}:root` },
    },
  }
  const policies = { ram: ['AliyunKMSReadOnlyAccess'], iam: ['DEW KeypairReadOnlyAccess'] }
  const account = {
    name: 'main',
    users: [{ name: 'alice', policies: { ram: ['AliyunSTSAssumeRoleAccess'] } }],
    roles: [{ name: 'reader', trust: { ram: trust }, policies }],
  }
  write('roles.json', JSON.stringify({ accounts: [account] }))
  expect((await run('apply roles.json')).exitCode).toBe(0)
  const assume = `call sts AssumeRole RoleArn=acs:ram::${root.accountUid}:role/reader RoleSessionName=shift`
  const opened = await run(`${assume} --as alice --get Credentials`)
  expect(opened.exitCode).toBe(0)
  const { AccessKeyId, AccessKeySecret, SecurityToken } = JSON.parse(opened.out)
  const { endpoint, ...whose } = root
  const key = { ...whose, accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret }
  const profiles = { shift: { ...key, securityToken: SecurityToken }, tokenless: key }
  write('sessions.json', JSON.stringify({ endpoint, profiles }))
  const as = (name: string) => `--credentials sessions.json --endpoint ${service.url} --as ${name}`
  expect(await run(`call sts GetCallerIdentity ${as('shift')} --get Arn`)).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/assumed-role\/reader\/shift$/),
  })
  expect((await run(`call kps list ${as('shift')}`)).exitCode).toBe(0)
  expect((await run(`call kms CreateKey ${as('shift')}`)).exitCode).toBe(3)
  for (const call of ['sts GetCallerIdentity', 'kps list'])
    expect((await run(`call ${call} ${as('tokenless')}`)).exitCode).toBe(1)
})

test('a prune asks a person first or wants --yes, and deletes what the file does not name', async () => {
  write('less.yaml', 'accounts:\n  - name: main\n    users:\n      - name: alice\n')
  const asked = await run('apply less.yaml --prune', { person: { answers: ['n'] } })
  expect(asked).toMatchObject({ exitCode: 1, err: expect.stringContaining('for good? [y/N]') })
  expect(await run('call sts GetCallerIdentity --as bob')).toMatchObject({ exitCode: 0 })
  const unasked = await run('apply less.yaml --prune')
  expect(unasked).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining('`--yes`') })
  expect(await run('call sts GetCallerIdentity --as bob')).toMatchObject({ exitCode: 0 })
  expect((await run('apply less.yaml --prune --preview')).exitCode).toBe(0)
  expect(await run('apply less.yaml --prune', { person: { answers: ['yes'] } })).toMatchObject({
    exitCode: 0,
  })
  // His key is gone, and so is the profile that had it.
  expect(await run('call sts GetCallerIdentity --as bob')).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('has no profile `bob`'),
  })
  expect((await run('apply world.yaml')).exitCode).toBe(0)
  expect(await run('call sts GetCallerIdentity --as bob')).toMatchObject({ exitCode: 0 })
  expect((await run('apply less.yaml --prune --yes')).exitCode).toBe(0)
  expect(await run('call sts GetCallerIdentity --as bob')).toMatchObject({ exitCode: 2 })
  expect((await run('apply world.yaml --prune')).exitCode).toBe(0)
})

test('a person who gets an empty list is told what that means', async () => {
  const reads = { person: { answers: [] } }
  expect((await run('call kps list', reads)).err).toContain('scope=domain')
  expect((await run('call kms ListAliases --as alice', reads)).err).toMatch(
    /keyward: an empty list: there is none/,
  )
  expect((await run('call kms ListAliases --as alice')).err).toBe('')
})

test('a prune leaves what calls of the API made, and asks for each kind of it when all is to go', async () => {
  write('alice.yaml', 'accounts:\n  - name: main\n    users:\n      - name: alice\n')
  for (const call of ['CreateUser UserName=made', 'CreateGroup GroupName=made']) {
    expect(await run(`call ram ${call}`)).toMatchObject({ exitCode: 0 })
  }
  const plan = await run('apply alice.yaml --prune --preview', { person: { answers: [] } })
  expect(plan.out).toMatch(/made by calls, no file’s to delete: .*user made/)
  expect(await run('apply alice.yaml --prune --yes')).toMatchObject({ exitCode: 0 })
  expect(await run('call ram GetUser UserName=made')).toMatchObject({ exitCode: 0 })
  // One answer a kind, then the usual one: the users go, the groups stay.
  const asked = await run('apply alice.yaml --prune=all', { person: { answers: ['y', 'n', 'y'] } })
  expect(asked).toMatchObject({ exitCode: 0 })
  expect(await run('call ram GetUser UserName=made')).toMatchObject({ exitCode: 1 })
  expect(await run('call ram GetGroup GroupName=made')).toMatchObject({ exitCode: 0 })
  expect(await run('apply alice.yaml --prune=some')).toMatchObject({ exitCode: 2 })
  // Named in a file once, it is the file's.
  write(
    'group.yaml',
    'accounts:\n  - name: main\n    users: [{ name: alice }]\n    groups: [{ name: made }]\n',
  )
  expect((await run('apply group.yaml', { person: { answers: [] } })).out).toContain(
    '~ group made: declared by',
  )
  expect(await run('apply alice.yaml --prune --yes')).toMatchObject({ exitCode: 0 })
  expect(await run('call ram GetGroup GroupName=made')).toMatchObject({ exitCode: 1 })
  expect((await run('apply world.yaml --prune --yes')).exitCode).toBe(0)
})

test('a mistyped profile, an unreachable service and a wrong endpoint are sentences', async () => {
  expect(await run('call kms ListKeys --as alcie')).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('did you mean `alice`?'),
  })
  expect(await run('call kms ListKeys --endpoint http://127.0.0.1:1')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('nothing listens there'),
  })
  expect(await run('call kms ListKeys --endpoint nowhere')).toMatchObject({ exitCode: 2 })
})

test('a root key that others can read stops the verification of the audit', async () => {
  const file = join(service.data, 'root.key')
  chmodSync(file, 0o644)
  expect(await run('audit verify')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('can be read by others'),
  })
  chmodSync(file, 0o600)
})

test('the audit is verified while the service runs, and after; SIGTERM ends it with 0', async () => {
  const running = await run('audit verify')
  expect(running.exitCode).toBe(0)
  expect(await service.stop()).toBe(0)
  const after = await run('audit verify')
  expect(JSON.parse(after.out)).toMatchObject({ intact: true, findings: [] })
  write('report.json', after.out)
  expect(await run('audit verify --expect report.json', { person: { answers: [] } })).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('intact'),
  })
})

test('an altered entry is found, and named for a person and in JSON', async () => {
  const database = new DatabaseSync(join(service.data, 'keyward.db'))
  database.exec('delete from audit_batches where rowid = (select max(rowid) from audit_batches)')
  database.close()
  const { exitCode, out, err } = await run('audit verify')
  expect(exitCode).toBe(1)
  expect(JSON.parse(out).intact).toBe(false)
  expect(err).toContain('cut off')
  expect((await run('audit verify', { person: { answers: [] } })).out).toContain('tampered with')
})

test('serve --apply applies a file before it is ready, keeps its keys, and changes nothing the next time', async () => {
  const again = await startService(['--apply', 'world.yaml', '--data', 'fresh'], service.folder)
  const file = join(service.folder, 'fresh/credentials.json')
  const before = readFileSync(file, 'utf8')
  expect(Object.keys(JSON.parse(before).profiles)).toEqual(['alice', 'bob'])
  expect(await run('call sts GetCallerIdentity --as bob --data fresh')).toMatchObject({ exitCode: 0 })
  expect(await again.stop()).toBe(0)
  const third = await startService(['--apply', 'world.yaml', '--data', 'fresh'], service.folder)
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(await third.stop()).toBe(0)
})

test.each([
  [
    'a world file with a mistake',
    ['--apply', 'bad.yaml', '--data', 'x'],
    /bad\.yaml:3:5: unknown member `usrs`/,
  ],
  [
    'an address of another machine',
    ['--listen', '192.0.2.1:0', '--tls', 'self-signed', '--data', 'x'],
    /is not an address of this machine/,
  ],
  [
    'a database that is not there',
    ['--database', 'postgres://u:hunter2@127.0.0.1:1/x', '--data', 'x'],
    /the database does not answer/,
  ],
])('serve ends with a sentence for %s', async (_, flags, says) => {
  const failure = await startService(flags, service.folder).catch((error: Error) => error.message)
  expect(failure).toMatch(says)
  expect(failure).toMatch(/^serve ended with 1: /)
  expect(failure).not.toContain('hunter2')
})
