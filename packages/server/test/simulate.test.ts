import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Credential, startService, type TestService } from './service.ts'

// Whether a call would be allowed, asked beforehand and then tried: the same engine, layers and facts answer both. And who
// may ask, and what those learn who may not.

const OTHER = '1000000000000088'
const REGION = 'cn-hangzhou'
const MISSING = '00000000-0000-4000-8000-000000000000'
const names = ['a', 'b', 'c', 'd', 'e']

let kit: TestService
let uid: string
let domain: string
const people = new Map<string, Credential>()
const keys: { readonly arn: string; readonly owner: string }[] = []

/** Numbers that are the same in every run. */
let state = 20_261_129
function below(n: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return (state >> 8) % n
}
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!
const list = (value: string) => [value]

const ACTIONS = ['kms:Encrypt', 'kms:DescribeKey', 'kms:*', 'kms:ListKeys']
const CONDITIONS = [
  {},
  {},
  {},
  { StringEquals: { 'kms:tag/team': 'red' } },
  { StringEquals: { 'kms:EncryptionContext:Project': 'A' } },
  { IpAddress: { 'acs:SourceIp': '127.0.0.0/8' } },
  { StringEquals: { 'kms:KeySpec': 'Aliyun_AES_256' } },
  { Bool: { 'acs:SecureTransport': 'true' } },
]
const statement = () => ({
  Effect: below(4) === 0 ? 'Deny' : 'Allow',
  Action: pick(ACTIONS),
  Resource: pick(['*', '*', `acs:kms:*:${uid}:key/*`, keys[below(4)]!.arn]),
  Condition: pick(CONDITIONS),
})
const PAIRS = ['kps:SSHKeyPair:list', 'kps:SSHKeyPair:create', 'kps:*:*', 'kms:cmk:createDataKey']
const iamStatement = () => ({
  Effect: below(4) === 0 ? 'Deny' : 'Allow',
  Action: [pick(PAIRS)],
  Resource: ['*'],
  Condition: pick([{}, {}, { StringEquals: { 'kps:Algorithm': ['SSH_ED25519'] } }]),
})
const some = <T>(make: () => T): T[] => Array.from({ length: 1 + below(3) }, make)
const ram = (Statement: object[]) => ({ Version: '1', Statement })
const iam = (Statement: object[]) => ({ Version: '5.0', Statement })

beforeAll(async () => {
  kit = await startService()
  uid = kit.root.accountUid
  domain = kit.root.domainId
  const key = (name: string) => ({ id: `LTAI${name}`.padEnd(20, '0'), secret: 's'.repeat(30) })
  const declare = (
    account: string,
    more: object,
    list: readonly string[],
    policies: object[],
    of: (name: string) => object,
  ) =>
    kit.apply({
      accounts: [
        {
          uid: account,
          ...more,
          policies,
          users: list.map((name) => ({ name, accessKeys: [key(name)], ...of(name) })),
        },
      ],
    })
  await declare(uid, {}, names, [], () => ({}))
  await declare(OTHER, { name: 'other' }, ['x', 'y', 'z'], [], (name) =>
    name === 'z' ? { policies: { ram: ['AdministratorAccess'] } } : {},
  )
  const credentialOf = (name: string) => ({
    accessKeyId: key(name).id,
    accessKeySecret: key(name).secret,
    projectId: kit.root.projectId,
  })
  for (const name of [...names, 'x', 'y', 'z']) people.set(name, credentialOf(name))
  for (const [who, owner] of [
    [kit.root as Credential, uid],
    [kit.root as Credential, uid],
    [people.get('z')!, OTHER],
    [people.get('z')!, OTHER],
  ] as const) {
    const made = await kit.call(who, 'kms:CreateKey', {})
    const { Arn, KeyId } = made.body.KeyMetadata as { Arn: string; KeyId: string }
    keys.push({ arn: Arn, owner })
    if (below(2) === 0)
      await kit.call(who, 'kms:TagResource', { KeyId, Tags: [{ TagKey: 'team', TagValue: 'red' }] })
    const anyone = () => [`acs:ram::${pick([uid, OTHER])}:${pick(['root', 'user/a', 'user/x', '*'])}`]
    const Policy = {
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['kms:*'],
          Principal: { RAM: [`acs:ram::${owner}:root`] },
          Resource: ['*'],
        },
        ...some(() => ({
          Effect: below(4) === 0 ? 'Deny' : 'Allow',
          Action: ['kms:Encrypt', 'kms:DescribeKey'],
          Principal: { RAM: anyone() },
          Resource: ['*'],
          ...(below(3) === 0 && { Condition: { IpAddress: { 'acs:SourceIp': list('127.0.0.1') } } }),
        })),
      ],
    }
    const set = await kit.call(who, 'kms:SetKeyPolicy', { KeyId, Policy: JSON.stringify(Policy) })
    if (set.status !== 200) throw new Error(JSON.stringify(set.body))
  }
  const written = (list: readonly string[]) =>
    list.flatMap((name) => [
      { name: `${name}-ram`, language: 'ram', document: ram(some(statement)) },
      { name: `${name}-iam`, language: 'iam', document: iam(some(iamStatement)) },
    ])
  const attached = (name: string) => ({ policies: { ram: [`${name}-ram`], iam: [`${name}-iam`] } })
  await declare(uid, {}, names, written(names), attached)
  await declare(OTHER, {}, ['x', 'y'], written(['x', 'y']), attached)
  const trust = {
    ram: ram([{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${uid}:user/a`] } }]),
  }
  const worker = { name: 'worker', trust, policies: { ram: ['AliyunKMSFullAccess'] } }
  const control = ram([{ Effect: 'Deny', Action: 'kms:DescribeKey', Resource: '*' }])
  await kit.apply({
    accounts: [{ uid, roles: [worker] }],
    organization: {
      managementAccount: uid,
      policies: [{ name: 'guard', language: 'ram', document: control }],
      root: {
        accounts: [{ account: 'other', policies: { ram: ['guard', 'FullAliyunAccess'] } }],
      },
    },
  })
})
afterAll(() => kit?.close())

async function simulate(input: Record<string, unknown>, who: Credential = kit.root) {
  return kit.call(who, 'keyward:SimulatePrincipalPolicy', input)
}
async function said(input: Record<string, unknown>, who?: Credential) {
  const { body, status } = await simulate(input, who)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body as unknown as {
    Allowed: boolean
    PrincipalEnabled: boolean
    Checks: {
      Allowed: boolean
      Reason: string
      Layer: string
      Facts: { Key: string; Values: string[] }[]
      Explanation: string
    }[]
  }
}
const arnOf = (name: string) => `acs:ram::${names.includes(name) ? uid : OTHER}:user/${name}`

describe('what is said beforehand is what happens', () => {
  it('on both wires, for people of two accounts, keys of both and an organization', async () => {
    const wrong: string[] = []
    let allowed = 0
    let denied = 0
    const compare = async (
      name: string,
      call: string,
      Parameters: Record<string, unknown>,
      asked: Record<string, unknown>,
    ) => {
      const Principal = arnOf(name)
      const before = await said({ Principal, Call: call, Parameters: JSON.stringify(Parameters) })
      const plain = await said({ Principal, ...asked })
      const { status } = await kit.call(people.get(name)!, call, Parameters)
      const live = status < 300
      if (live) allowed += 1
      else denied += 1
      if (before.Allowed !== live || plain.Allowed !== live)
        wrong.push(`${name} ${call} ${JSON.stringify(Parameters)}: ${status}`)
    }
    const tried: (() => Promise<void>)[] = []
    for (const name of [...names, 'x', 'y']) {
      for (const { arn } of keys) {
        const EncryptionContext = { Project: pick(['A', 'B']) }
        tried.push(() =>
          compare(
            name,
            'kms:Encrypt',
            { KeyId: arn, Plaintext: 'aGVsbG8=', EncryptionContext },
            {
              AuthAction: 'kms:Encrypt',
              AuthResource: arn,
              Facts: [
                { Key: 'kms:EncryptionContext:Project', Values: [EncryptionContext.Project] },
                { Key: 'kms:EncryptionContextKeys', Values: ['Project'] },
                { Key: 'kms:EncryptionAlgorithm', Values: ['SYMMETRIC_DEFAULT'] },
              ],
            },
          ),
        )
        tried.push(() =>
          compare(
            name,
            'kms:DescribeKey',
            { KeyId: arn },
            { AuthAction: 'kms:DescribeKey', AuthResource: arn },
          ),
        )
      }
      if (!names.includes(name)) continue
      const pair = (type: string) => `kps:cn-north-4:${domain}:SSHKeyPair:${type}`
      tried.push(() =>
        compare(name, 'kps:ListKeypairs', {}, { AuthAction: 'kps:SSHKeyPair:list', AuthResource: pair('*') }),
      )
      const algorithm = pick(['SSH_ED25519', 'ECDSA_SHA2_NISTP256'])
      tried.push(() =>
        compare(
          name,
          'kps:CreateKeypair',
          { keypair: { name: `made-${name}`, algorithm } },
          {
            AuthAction: 'kps:SSHKeyPair:create',
            AuthResource: pair(`made-${name}`),
            Facts: [{ Key: 'kps:Algorithm', Values: [algorithm] }],
          },
        ),
      )
    }
    // Many at once: they share the syncs of the audit.
    while (tried.length > 0) await Promise.all(tried.splice(0, 16).map((one) => one()))
    expect(wrong).toEqual([])
    expect(allowed).toBeGreaterThan(5)
    expect(denied).toBeGreaterThan(5)
  }, 60_000)

  it('for a role, cut by a session policy, and for who may open a session of it', async () => {
    const RoleArn = `acs:ram::${uid}:role/worker`
    for (const name of names) {
      const assume = await said({
        Principal: arnOf(name),
        AuthAction: 'sts:AssumeRole',
        AuthResource: RoleArn,
      })
      const { status } = await kit.call(people.get(name)!, 'sts:AssumeRole', {
        RoleArn,
        RoleSessionName: 'session',
      })
      expect([name, assume.Allowed]).toEqual([name, status === 200])
    }
    const Policy = JSON.stringify(ram([{ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }]))
    const asked = { Principal: RoleArn, Call: 'kms:Encrypt' }
    const Parameters = JSON.stringify({ KeyId: keys[0]!.arn, Plaintext: 'aGVsbG8=' })
    const cut = await said({ ...asked, Parameters, SessionPolicy: Policy })
    expect(cut).toMatchObject({ Allowed: false, Checks: [{ Layer: 'session' }] })
    const user = await simulate({
      Principal: arnOf('a'),
      Call: 'kms:Encrypt',
      Parameters,
      SessionPolicy: Policy,
    })
    expect(user.status).toBe(400)
  })

  it('for a root identity, which no identity policy binds', async () => {
    const root = `acs:ram::${uid}:root`
    const asked = { AuthAction: 'kms:Encrypt', AuthResource: keys[0]!.arn }
    expect(await said({ Principal: root, ...asked })).toMatchObject({
      Allowed: true,
      Checks: [{ Layer: 'root' }],
    })
    const assume = { AuthAction: 'sts:AssumeRole', AuthResource: `acs:ram::${uid}:role/worker` }
    expect(await said({ Principal: `iam::${domain}:root`, ...assume })).toMatchObject({ Allowed: false })
  })

  it('with the facts that are given in the place of those that a call from here would have', async () => {
    await kit.user('far', {
      ram: [
        ram([
          {
            Effect: 'Allow',
            Action: 'kms:ListKeys',
            Resource: '*',
            Condition: { IpAddress: { 'acs:SourceIp': '192.0.2.0/24' } },
          },
        ]),
      ],
      iam: [
        iam([
          {
            Effect: 'Deny',
            Action: ['kms:cmk:list'],
            Resource: ['*'],
            Condition: { IpAddress: { 'g:SourceIp': ['192.0.2.7'] } },
          },
        ]),
      ],
    })
    const asked = {
      Principal: arnOf('a').replace(/a$/, 'far'),
      AuthAction: 'kms:ListKeys',
      AuthResource: `acs:kms:${REGION}:${uid}:key`,
    }
    const from = (address: string) => said({ ...asked, Facts: [{ Key: 'acs:SourceIp', Values: [address] }] })
    expect((await said(asked)).Allowed).toBe(false)
    const allowed = await from('192.0.2.1')
    expect(allowed.Allowed).toBe(true)
    expect(allowed.Checks[0]!.Facts).toContainEqual({ Key: 'acs:SourceIp', Values: ['192.0.2.1'] })
    // The other language is asked about the same connection.
    expect(await from('192.0.2.7')).toMatchObject({
      Allowed: false,
      Checks: [{ Language: 'ram' }, { Language: 'iam', Act: 'veto', Reason: 'ExplicitDeny' }],
    })
    const twice = await simulate({
      ...asked,
      Facts: [
        { Key: 'acs:SourceIp', Values: ['192.0.2.1'] },
        { Key: 'ACS:sourceip', Values: ['192.0.2.2'] },
      ],
    })
    expect(twice.status).toBe(400)
  })

  it('with the account of every layer, as the engine gives it', async () => {
    const { Checks } = await said({
      Principal: arnOf('x'),
      AuthAction: 'kms:DescribeKey',
      AuthResource: keys[0]!.arn,
    })
    const { layers } = JSON.parse(Checks[0]!.Explanation)
    expect(layers.map(({ layer }: { layer: string }) => layer)).toContain('identity')
  })
})

describe('who asks', () => {
  const asks = (...resources: string[]) => ({
    ram: [ram([{ Effect: 'Allow', Action: 'keyward:SimulatePrincipalPolicy', Resource: resources }])],
  })
  const about = (Principal: string) => ({ Principal, AuthAction: 'kms:ListKeys', AuthResource: '*' })

  it('needs to be allowed it for that principal, and else learns nothing: not even whether it exists', async () => {
    const narrow = await kit.user('narrow', asks(`acs:keyward:*:${uid}:principal/user/a`))
    expect((await simulate(about(arnOf('a')), narrow)).status).toBe(200)
    const words = async (Principal: string) => {
      const { body, status } = await simulate(about(Principal), narrow)
      const { RequestId: _, AccessDeniedDetail, Message, ...rest } = body as Record<string, object | string>
      const { EncodedDiagnosticMessage: __, ...detail } = (AccessDeniedDetail ?? {}) as Record<string, string>
      return JSON.stringify({ status, rest, detail, Message }).replaceAll(/user\/\w+/g, 'user/N')
    }
    const there = await words(arnOf('b'))
    expect(there).toContain('403')
    expect(await words(`acs:ram::${uid}:user/nobody`)).toBe(there)
    expect((await simulate(about(`acs:ram::${uid}:user/nobody`))).status).toBe(404)
  })

  it('learns of no other account, unless it is the operator', async () => {
    const all = await kit.user('all', asks('*'))
    await kit.apply({ accounts: [{ uid: OTHER, name: 'other' }] })
    const stranger = people.get('z')!
    const words = async (who: Credential, Principal: string) => {
      const { body, status } = await simulate(about(Principal), who)
      const { RequestId: _, ...rest } = body
      return [status, JSON.stringify(rest).replaceAll(/[0-9a-f]{32}|\d{16}/g, 'ACCOUNT')]
    }
    const there = await words(stranger, arnOf('a'))
    expect(there[0]).toBeGreaterThanOrEqual(403)
    expect(await words(stranger, `acs:ram::${uid}:user/nope`.replace('nope', 'q'))).toEqual(
      there.map((one) => (typeof one === 'string' ? one.replaceAll('user/a', 'user/q') : one)),
    )
    expect((await words(stranger, 'acs:ram::4444444444444444:user/a'))[0]).toBe(there[0])
    expect((await words(stranger, `iam::${domain}:user:a`))[0]).toBe(there[0])
    const unknown = await words(stranger, `iam::${'0'.repeat(32)}:user:a`)
    expect(unknown).toEqual(await words(stranger, `iam::${domain}:user:a`))
    // Who is of the operator's account and may ask about all may ask about all.
    expect((await simulate(about(arnOf('x')), all)).status).toBe(200)
  })

  it("learns of another account's key what the principal would see", async () => {
    const theirs = keys.find(({ owner }) => owner === OTHER)!.arn
    const refused = { Principal: `acs:ram::${uid}:user/narrow`, AuthAction: 'kms:Encrypt' }
    const answers = []
    for (const AuthResource of [theirs, `acs:kms:${REGION}:${OTHER}:key/${MISSING}`]) {
      const { Allowed, Checks } = await said({ ...refused, AuthResource })
      expect(Allowed).toBe(false)
      expect(Checks).toMatchObject([{ Reason: '', Layer: '', Policy: '', Statement: '', Facts: [] }])
      answers.push(Checks[0]!.Explanation.replaceAll(AuthResource, 'KEY'))
    }
    expect(answers[0]).toBe(answers[1])
    // Nor is its policy asked what it looks at, value by value.
    for (const Key of ['acs:SourceIp', 'kms:tag/team', 'kms:KeySpec', 'acs:ResourceTag/a']) {
      const { status } = await simulate({ ...refused, AuthResource: theirs, Facts: [{ Key, Values: ['x'] }] })
      expect([Key, status]).toEqual([Key, 400])
    }
  })

  it('makes nothing happen, and leaves no value of the call in the audit', async () => {
    const Parameters = JSON.stringify({
      KeyId: keys[0]!.arn,
      Plaintext: Buffer.from('canary').toString('base64'),
    })
    await simulate({ Principal: arnOf('a'), Call: 'kms:Encrypt', Parameters })
    await simulate({
      Principal: arnOf('a'),
      AuthAction: 'kms:Encrypt',
      AuthResource: keys[0]!.arn,
      Facts: [{ Key: 'kms:EncryptionContext:Project', Values: ['canary-value'] }],
    })
    const made = { keypair: { name: 'never' } }
    await simulate({
      Principal: `acs:ram::${uid}:root`,
      Call: 'kps:CreateKeypair',
      Parameters: JSON.stringify(made),
    })
    const { body } = await kit.call(kit.root, 'kps:ListKeypairs', {})
    expect(JSON.stringify(body)).not.toContain('never')
    const found = await kit.call(kit.root, 'keyward:SearchAudit', {
      Operation: 'keyward:SimulatePrincipalPolicy',
    })
    expect((found.body.Entries as object[]).length).toBeGreaterThan(3)
    for (const file of readdirSync(kit.data).filter((name) => !name.startsWith('tls')))
      for (const canary of ['canary-value', Buffer.from('canary').toString('base64')])
        expect([file, readFileSync(join(kit.data, file)).includes(canary)]).toEqual([file, false])
  })

  it('learns what is wrong with the question', async () => {
    const Principal = arnOf('a')
    for (const [input, word] of [
      [{ Principal }, 'AuthAction'],
      [{ Principal, AuthAction: 'kms:Encrypt', Call: 'kms:Encrypt' }, 'AuthAction'],
      [{ Principal, Call: 'kms:Nothing' }, 'kms:Nothing'],
      [{ Principal, Call: 'keyward:FailedAuthentications' }, 'no call'],
      [{ Principal, Call: 'kms:Encrypt', Parameters: '[]' }, 'JSON object'],
      [{ Principal, Call: 'kms:Encrypt', Parameters: '{"Plaintext":"YQ=="}' }, 'KeyId'],
      [{ Principal: 'alice', AuthAction: 'kms:Encrypt' }, 'ARN or URN'],
    ] as const) {
      const { body, status } = await simulate(input)
      expect([word, status]).toEqual([word, 400])
      expect(JSON.stringify(body)).toContain(word)
    }
  })

  it('costs little: of more statements than are walked at once the answer says what decided', async () => {
    const many = Array.from({ length: 55 }, (_, i) => ({
      Effect: 'Deny',
      Action: `kms:None${i}`,
      Resource: '*',
    }))
    await kit.user('heavy', { ram: Array.from({ length: 10 }, () => ram(many)) })
    const { Allowed, Checks } = await said(about(`acs:ram::${uid}:user/heavy`))
    expect(Allowed).toBe(false)
    expect(Checks).toMatchObject([{ Explanation: '', Reason: 'ImplicitDeny' }])
  })
})

describe('policies of a principal', () => {
  type Row = { Layer: string; Policy: string; From: string; Level: number; Statements: string[] }
  async function policiesOf(Principal: string, who: Credential = kit.root): Promise<Row[]> {
    const all: Row[] = []
    for (let Marker: string | undefined; ; ) {
      const { body, status } = await kit.call(who, 'keyward:ListPrincipalPolicies', {
        Principal,
        ...(Marker === undefined ? {} : { Marker }),
      })
      if (status !== 200) throw new Error(JSON.stringify(body))
      all.push(...(body.Policies as Row[]))
      Marker = body.NextMarker as string | undefined
      if (Marker === undefined) return all
    }
  }

  it('are those of the organization, its own, its groups’ and the resources’ that name it', async () => {
    await kit.apply({
      accounts: [
        {
          uid,
          users: [{ name: 'a' }],
          groups: [{ name: 'team', members: ['a'], policies: { ram: ['AliyunKMSReadOnlyAccess'] } }],
        },
      ],
    })
    const rows = await policiesOf(arnOf('a'))
    const words = rows.map(({ Layer, Policy, From }) => `${Layer} ${Policy} ${From}`)
    expect(words).toContain('identity a-ram user')
    expect(words).toContain('identity a-iam user')
    expect(words).toContain('identity AliyunKMSReadOnlyAccess group team')
    expect(words).toContain(`trust trust policy acs:ram::${uid}:role/worker`)
    // The management account is bound by nothing of the organization.
    expect(rows.filter(({ Layer }) => Layer === 'organization')).toEqual([])
    const x = await policiesOf(arnOf('x'))
    expect(x.filter(({ Layer }) => Layer === 'organization')).toContainEqual(
      expect.objectContaining({ Policy: 'guard', From: 'account', Level: 1 }),
    )
    // Those of other accounts' keys are theirs to show, also where the operator asks.
    expect(x.filter(({ Layer }) => Layer === 'resource')).toEqual([])
    const root = await policiesOf(`acs:ram::${uid}:root`)
    expect(root.map(({ Layer }) => Layer)).toContain('resource')
    expect(root.filter(({ Layer }) => Layer === 'identity')).toEqual([])
    const role = await policiesOf(`iam::${domain}:agency:worker`)
    expect(role[0]).toMatchObject({ Layer: 'identity', Policy: 'AliyunKMSFullAccess', From: 'role' })
  })

  it('are shown to those alone who may ask, of no other account but to the operator', async () => {
    const narrow = await kit.user('reads', {
      ram: [
        ram([
          {
            Effect: 'Allow',
            Action: 'keyward:ListPrincipalPolicies',
            Resource: `acs:keyward:*:${uid}:principal/user/a`,
          },
        ]),
      ],
    })
    expect((await policiesOf(arnOf('a'), narrow)).length).toBeGreaterThan(0)
    const status = async (Principal: string, who: Credential, more: object = {}) =>
      (await kit.call(who, 'keyward:ListPrincipalPolicies', { Principal, ...more })).status
    expect(await status(arnOf('b'), narrow)).toBe(403)
    expect(await status(`acs:ram::${uid}:user/none`, narrow)).toBe(403)
    expect(await status(arnOf('a'), people.get('z')!)).toBeGreaterThanOrEqual(403)
    expect(await status(arnOf('x'), people.get('z')!)).toBe(200)
    expect(await status(arnOf('a'), kit.root, { Marker: 'cars/' })).toBe(400)
  })

  it('and the status of the service, to the operator’s account alone', async () => {
    const { body, status } = await kit.call(kit.root, 'keyward:GetStatus', {})
    expect(status).toBe(200)
    expect(JSON.stringify(body)).not.toContain(uid)
    expect(JSON.stringify(body)).not.toMatch(/acs:|iam::/)
    expect((await kit.call(people.get('z')!, 'keyward:GetStatus', {})).status).toBeGreaterThanOrEqual(403)
  })
})
