import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyward, type Surroundings } from './testing/io.ts'
import { type RunningService, startService } from './testing/service.ts'

// What an apply would change, large files, worlds on standard input, and the way back: each on services of their own.

let service: RunningService
let other: RunningService
beforeAll(async () => {
  service = await startService()
  other = await startService()
})
afterAll(async () => {
  await service.remove()
  await other.remove()
})

const run = (line: string, around: Surroundings = {}, at = service) =>
  keyward(line.split(' '), { folder: at.folder, environment: { NO_COLOR: '1' }, ...around })
const write = (name: string, text: string) => writeFileSync(join(service.folder, name), text)
const document = (...Action: string[]) => ({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
})
const person: Surroundings = { person: { answers: [] } }
const SECRET = 'a-secret-that-nobody-may-see'
const world = (more: { policy?: object; users?: object[] }) =>
  JSON.stringify({
    accounts: [
      {
        name: 'main',
        policies: [
          { language: 'ram', name: 'Use', document: more.policy ?? document('kms:Encrypt', 'kms:Decrypt') },
        ],
        users: more.users ?? [
          {
            name: 'alice',
            displayName: 'Alice',
            tags: [{ key: 'team', value: 'a' }],
            policies: { ram: ['Use'] },
          },
          { name: 'bob', accessKeys: [{ id: 'KEYOFBOB00000001', secret: SECRET }] },
        ],
      },
    ],
  })

test('a diff shows every field, exits with 8 where something would change, and changes nothing', async () => {
  write('world.json', world({}))
  const fresh = await run('apply world.json --diff', person)
  expect(fresh.exitCode).toBe(8)
  expect(fresh.out).toContain('+ displayName: "Alice"')
  expect(fresh.out).toMatch(/^ +\+ +"kms:Encrypt",$/m)
  expect(fresh.out).toContain('secret: (not shown)')
  expect(fresh.out + fresh.err).not.toContain(SECRET)
  expect((await run('call sts GetCallerIdentity --as alice')).exitCode).not.toBe(0)
  expect((await run('call ram GetUser UserName=alice')).exitCode).not.toBe(0)

  expect((await run('apply world.json')).exitCode).toBe(0)
  expect(await run('apply world.json --diff', person)).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('nothing to change'),
  })

  const [alice] = JSON.parse(world({})).accounts[0].users
  write(
    'changed.json',
    world({ policy: document('kms:Encrypt', 'kms:ListKeys'), users: [{ ...alice, displayName: 'A.' }] }),
  )
  const changed = await run('apply changed.json --diff --prune', person)
  expect(changed.exitCode).toBe(8)
  const lines = changed.out.split('\n').map((line) => line.trim())
  for (const line of ['- "kms:Decrypt"', '+ "kms:ListKeys"', '- displayName: "Alice"', '+ displayName: "A."'])
    expect(lines.map((one) => one.replace(/^([+-]) +/, '$1 '))).toContain(line)
  expect(lines).toContain('- user bob')
  // Unchanged parts of a document stay away.
  expect(changed.out).not.toContain('"Version"')
  const asJson = JSON.parse((await run('apply changed.json --diff')).out)
  expect(asJson).toMatchObject({ Applied: false, Credentials: [] })
  expect(asJson.Changes[0].Fields[0]).toMatchObject({ Name: 'document', Before: expect.any(String) })
  expect((await run('call ram GetUser UserName=alice')).out).toContain('"Alice"')
})

test('a world comes on standard input, and a policy’s file from the working folder', async () => {
  write('use.json', JSON.stringify(document('kms:Encrypt')))
  const input = 'accounts:\n  - name: main\n    policies: [{language: ram, name: Piped, file: use.json}]\n'
  expect(await run('apply - --diff', { input })).toMatchObject({ exitCode: 8 })
  expect(await run('apply -', { input })).toMatchObject({ exitCode: 0 })
  expect((await run('call ram GetPolicy PolicyName=Piped PolicyType=Custom')).out).toContain('kms:Encrypt')
  const wrong = await run('apply -', { input: 'accounts:\n  - usrs: []\n' })
  expect(wrong).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('standard input:2:5: unknown member'),
  })
  // Nobody can be asked whose keyboard is the file.
  const less = 'accounts:\n  - name: main\n    users: [{name: alice}]\n'
  const prune = await run('apply - --prune', { input: less, person: { answers: ['y'] } })
  expect(prune).toMatchObject({ exitCode: 2, err: expect.stringContaining('--yes') })
})

test('a large file is applied in one go, with a remark while it lasts', { timeout: 60_000 }, async () => {
  const users = Array.from({ length: 1500 }, (_, i) => ({
    name: `user-${i}`,
    displayName: `Number ${i} of many`,
    accessKeys: [{ generate: 'laptop' }],
  }))
  write('large.json', JSON.stringify({ accounts: [{ name: 'main', users }] }))
  const large = await run('apply large.json', person)
  expect(large).toMatchObject({ exitCode: 0, out: expect.stringContaining('3000 to create') })
  expect(large.statuses.join()).toContain('applying 3000 changes ...')
  expect(large.statuses.at(-1)).toBe('')
  expect((await run('call sts GetCallerIdentity --as user-1499')).exitCode).toBe(0)
  expect((await run('apply large.json --diff')).exitCode).toBe(0)
})

test('an export is the file that declares what is there, without secrets unless asked', async () => {
  expect((await run('call ram CreateGroup GroupName=made')).exitCode).toBe(0)
  expect((await run('call ram CreateAccessKey UserName=alice')).exitCode).toBe(0)
  const plain = await run('export')
  expect(plain.exitCode).toBe(0)
  expect(plain.out).toContain('name: made')
  expect(plain.out).not.toContain(SECRET)
  expect(plain.err).toMatch(/not in the file: account main: access key LTAI\w+ of user alice/)
  write('export.yaml', plain.out)
  const again = await run('apply export.yaml --diff', person)
  expect(again.out.match(/^ {2}[+~-] .*/gm)).toEqual(['  ~ group made: declared by'])

  const secret = await run('export --secrets --out secret.yaml')
  expect(secret).toMatchObject({ exitCode: 0, err: expect.stringContaining('in clear') })
  const file = join(service.folder, 'secret.yaml')
  expect(readFileSync(file, 'utf8')).toContain(SECRET)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await run('export --out secret.yaml')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('already'),
  })
})

test('an export applied to an empty service gives the same decisions there', async () => {
  const { accountUid } = JSON.parse(readFileSync(join(service.data, 'root-credentials.json'), 'utf8'))
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${accountUid}:user/bob` } },
    ],
  }
  const roles = [{ name: 'worker', trust: { ram: trust }, policies: { ram: ['Use'] } }]
  const bob = { name: 'bob', policies: { ram: ['AliyunSTSAssumeRoleAccess'] } }
  write(
    'role.json',
    JSON.stringify({
      accounts: [
        {
          uid: accountUid,
          policies: [{ language: 'ram', name: 'Use', document: document('kms:ListKeys') }],
          roles,
          users: [bob],
        },
      ],
    }),
  )
  expect((await run('apply role.json')).exitCode).toBe(0)
  expect((await run('export --secrets --out whole.yaml')).exitCode).toBe(0)
  const applied = await run(`apply ${join(service.folder, 'whole.yaml')}`, {}, other)
  expect(applied).toMatchObject({ exitCode: 0, err: expect.stringContaining('written by another service') })
  const { accountUid: here } = JSON.parse(readFileSync(join(other.data, 'root-credentials.json'), 'utf8'))
  // Bob signs there with the key that he had, and is trusted under his new name.
  const bobs = JSON.parse(readFileSync(join(other.data, 'root-credentials.json'), 'utf8'))
  const profiles = { bob: { ...bobs, accessKeyId: 'KEYOFBOB00000001', accessKeySecret: SECRET } }
  writeFileSync(join(other.folder, 'bob.json'), JSON.stringify({ endpoint: bobs.endpoint, profiles }))
  const assume = `call sts AssumeRole RoleArn=acs:ram::${here}:role/worker RoleSessionName=shift --credentials bob.json --as bob --endpoint ${other.url}`
  expect((await run(assume, {}, other)).exitCode).toBe(0)
  expect((await run(`apply ${join(service.folder, 'whole.yaml')} --diff`, person, other)).out).toContain(
    'nothing to change',
  )
})
