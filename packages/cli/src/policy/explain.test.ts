import { describe, expect, test } from 'vitest'
import { allow, atTerminal, policyFolder } from './testing/folder.ts'

const operators = `{
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*",
     "Condition": {"StringEquals": {"kms:tag/Project": ["A", "B"]}}},
    {"Effect": "Deny", "Action": "kms:*", "Resource": "*",
     "Condition": {"NumericLessThan": {"kms:TlsVersion": "1.2"}}}
  ]
}
`
const key = 'acs:kms:cn-hangzhou:1:key/k1'
const { policy, write } = policyFolder({
  'operators.json': operators,
  'list.json': allow('kms:ListKeys'),
  'two.json': [allow('kms:ListKeys'), allow('kms:Encrypt')],
  'wrong.json': { Version: '1' },
  'case.json': {
    language: 'ram',
    policies: { identity: [allow('kms:Encrypt')] },
    request: { principal: 'acs:ram::1:user/ann', action: 'kms:Decrypt', resource: key },
  },
})
const ann = `explain --as acs:ram::1:user/ann --resource ${key}`

test('a request that is allowed: what decided, and why the rest did not apply', async () => {
  expect(
    await policy(
      `${ann} --action kms:Decrypt --fact kms:tag/Project=A --identity list.json operators.json`,
      atTerminal,
    ),
  ).toMatchObject({
    exitCode: 0,
    err: '',
    out: `allowed: the identity policies allow it (operators.json:4, statement #0)

  who    acs:ram::1:user/ann
  what   kms:Decrypt
  where  acs:kms:cn-hangzhou:1:key/k1
  facts  kms:tag/Project = A
  absent kms:KeyOrigin, kms:KeySpec, kms:KeyUsage, kms:TlsVersion, kms:EncryptionContext, kms:EncryptionContextKeys, kms:EncryptionAlgorithm
         (a call of this action may carry them: add --fact KEY=VALUE)

identity policies: Allow
├─ list.json:4, statement #0: Allow does not apply
│     Action wants kms:ListKeys; the request is kms:Decrypt
├─ operators.json:4, statement #0: Allow applies, and decides
└─ operators.json:6, statement #1: Deny does not apply
      NumericLessThan wants kms:TlsVersion to fit 1.2; the request does not have it`,
  })
})

test('a request that is denied: near misses and the smallest change', async () => {
  const { exitCode, out } = await policy(
    `${ann} --action kms:Decrypt --fact kms:tag/Project=C --fact kms:TlsVersion=1.0 --identity operators.json --organization system:FullAliyunAccess`,
  )
  expect(exitCode).toBe(3)
  expect(out).toBe(`denied: the identity policies deny it (operators.json:6, statement #1)

  who    acs:ram::1:user/ann
  what   kms:Decrypt
  where  acs:kms:cn-hangzhou:1:key/k1
  facts  kms:tag/Project = C
         kms:TlsVersion = 1.0
  absent kms:KeyOrigin, kms:KeySpec, kms:KeyUsage, kms:EncryptionContext, kms:EncryptionContextKeys, kms:EncryptionAlgorithm
         (a call of this action may carry them: add --fact KEY=VALUE)

level 0 of the organization (its root): Allow
└─ system:FullAliyunAccess, statement #0: Allow applies

identity policies: Deny
├─ operators.json:4, statement #0: Allow does not apply
│     StringEquals wants kms:tag/Project to fit A, B; it is C
└─ operators.json:6, statement #1: Deny applies, and decides

would have allowed but for one element, nearest first
  1. operators.json:4, statement #0
     StringEquals wants kms:tag/Project to fit A, B; it is C

the smallest change that would allow
  1. take back the Deny in the identity policies (operators.json:6, statement #1)
  2. allow it in the identity policies, or widen operators.json:4, statement #0
     {
       "Effect": "Allow",
       "Action": [
         "kms:Decrypt"
       ],
       "Resource": [
         "acs:kms:cn-hangzhou:1:key/k1"
       ]
     }`)
})

test('the verdict stands out on a terminal alone', async () => {
  const line = `${ann} --action kms:Encrypt`
  const denied = '\u001b[31mdenied\u001b[39m'
  expect((await policy(line, { person: { answers: [] } })).out).toContain(denied)
  expect((await policy(line)).out).not.toContain('\u001b')
})

test.each<[what: string, line: string, verdict: string, exitCode: number]>([
  ['nothing allows', `${ann} --action kms:Encrypt`, 'denied: no identity policy allows it', 3],
  [
    'the root of the owner',
    `explain --as root --action kms:Encrypt --resource ${key}`,
    "allowed: the root identity of the owner's account needs no policy",
    0,
  ],
  [
    'a level that says nothing',
    `${ann} --action kms:Encrypt --identity two.json --organization system:FullAliyunAccess list.json`,
    'denied: no policy at level 1 of the organization allows it',
    3,
  ],
  [
    'levels as arrays of documents',
    `${ann} --action kms:Encrypt --identity two.json --organization two.json two.json`,
    'allowed: the identity policies allow it (two.json[1], statement #0)',
    0,
  ],
  [
    'a session policy that says nothing',
    `explain --as acs:ram::1:assumed-role/r/s --action kms:Encrypt --resource ${key} --identity two.json --session list.json`,
    'denied: the session policy does not allow it',
    3,
  ],
  [
    'an account that the name does not hold',
    `explain --as root --owner 7 --action kms:ListKeys`,
    "allowed: the root identity of the owner's account needs no policy",
    0,
  ],
  [
    'the other language by its action',
    'explain --as root --owner 0123 --action kps:SSHKeyPair:list',
    "allowed: the root identity of the owner's account needs no policy",
    0,
  ],
  ['a case', 'explain --case case.json', 'denied: no identity policy allows it', 3],
  [
    'a case, with flags over it',
    'explain --case case.json --action kms:Encrypt',
    'allowed: the identity policies allow it (identity[0], statement #0)',
    0,
  ],
])('%s', async (_, line, verdict, exitCode) => {
  const ran = await policy(line)
  expect(ran.out.split('\n')[0]).toBe(verdict)
  expect(ran).toMatchObject({ exitCode, err: '' })
})

test('facts that come again are several values', async () => {
  const { out } = await policy(
    `${ann} --action kms:Encrypt --fact kms:tag/a=x=y --fact acs:SourceIp=1.1.1.1 --fact acs:SourceIp=2.2.2.2 --json`,
  )
  expect(JSON.parse(out).request.context).toEqual({
    'kms:tag/a': 'x=y',
    'acs:SourceIp': ['1.1.1.1', '2.2.2.2'],
  })
})

test('as JSON, with the names of files and lines', async () => {
  const { exitCode, out } = await policy(`${ann} --action kms:Decrypt --identity operators.json --json`)
  expect(exitCode).toBe(3)
  expect(JSON.parse(out)).toMatchObject({
    language: 'ram',
    request: { principal: 'acs:ram::1:user/ann', action: 'kms:Decrypt', resource: key },
    decision: { allowed: false, reason: 'ImplicitDeny', layer: 'identity' },
    layers: [
      {
        layer: 'identity',
        says: 'nothing',
        statements: [
          {
            policy: 'operators.json',
            line: 4,
            applied: false,
            failures: [
              {
                element: 'condition',
                operator: 'StringEquals',
                key: 'kms:tag/Project',
                wanted: ['A', 'B'],
                found: 'absent',
              },
            ],
          },
          { policy: 'operators.json', line: 6, effect: 'Deny', applied: false },
        ],
      },
    ],
    nearMisses: [{ policy: 'operators.json', line: 4 }],
    changes: [{ change: 'allow', near: [{ policy: 'operators.json' }], statement: { Effect: 'Allow' } }],
  })
})

test('of many statements the nearest are shown, all on request', async () => {
  write('many.json', Array.from({ length: 60 }, (_, i) => allow(`kms:Own${i}`)).concat(allow('kms:Encrypt')))
  const few = (await policy(`${ann} --action kms:Encrypt --identity many.json`)).out
  expect(few).toContain('├─ many.json[60], statement #0: Allow applies, and decides')
  expect(few).toContain('└─ and 41 more that do not apply (all of them: --all)')
  const all = (await policy(`${ann} --action kms:Encrypt --identity many.json --all`)).out
  expect(all.match(/does not apply/g)).toHaveLength(60)
})

test('what is odd about the request is reported, and decided all the same', async () => {
  const { exitCode, err } = await policy(
    `${ann} --action kms:Encrpt --fact kms:TlsVersion=1.3 --fact kms:keyspec=x --fact acs:SorceIp=1.1.1.1`,
  )
  expect(exitCode).toBe(3)
  expect(err).toContain('no known action is `kms:Encrpt`; did you mean `kms:Encrypt`?')
  expect(err).toContain('no known condition key is `acs:SorceIp`; did you mean `acs:SourceIp`?')
  expect(err).toContain('`kms:Encrpt` does not carry `kms:keyspec`: it counts as absent')
})

test('a document that would be refused decides nothing', async () => {
  expect(await policy(`${ann} --action kms:Encrypt --identity list.json wrong.json`)).toMatchObject({
    exitCode: 4,
    out: '',
    err: 'wrong.json:1:1: error: the document has no `Statement` [MISSING_STATEMENT]',
  })
})

test('nothing in a document or a flag writes to the terminal but what stands there', async () => {
  const nasty = 'a\u001b]0;x\u0007b\u202e'
  write('nasty.json', {
    Version: '5.0',
    Statement: [
      {
        Sid: nasty,
        Effect: 'Allow',
        Action: ['kms:cmk:list'],
        Condition: { StringEquals: { 'g:UserName': nasty } },
      },
    ],
  })
  const { out } = await policy(
    'explain --as iam::1:user:a --action kms:cmk:list --identity nasty.json',
    {},
    '--fact',
    `g:UserName=${nasty}x`,
  )
  expect(out).toContain('a\\u{1b}]0;x\\u{7}b\\u{202e}')
  expect(out).not.toMatch(/[\p{Cf}\p{Cc}](?<!\n)/u)
})

describe('an assumption', () => {
  const domain = 'd'.repeat(32)
  const trusts = (name: string) => ({
    Version: '5.0',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['sts:agencies:assume'],
        Principal: { IAM: [`iam::${domain}:user:${name}`] },
      },
    ],
  })
  const files = policyFolder({
    'all.json': { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'] }] },
    'bob.json': trusts('bob'),
    'ann.json': trusts('ann'),
  })
  const asked = `explain --action sts:agencies:assume --resource iam::${domain}:agency:ops`
  const ann = `${asked} --as iam::${domain}:user:ann`

  test.each([
    [
      'a trust policy that names another',
      `${ann} --identity all.json --trust bob.json`,
      3,
      "the resource's policy does not allow it",
    ],
    [
      'a trust policy as the policy of the resource',
      `${ann} --identity all.json --resource-policy bob.json`,
      3,
      "the resource's policy does not allow it",
    ],
    ['no trust policy', `${ann} --identity all.json`, 3, "the resource's policy does not allow it"],
    ['trust alone', `${ann} --trust ann.json`, 3, 'no identity policy allows it'],
    ['both sides', `${ann} --identity all.json --trust ann.json`, 0, 'the identity policies allow it'],
    [
      'a root identity',
      `${asked} --as iam::${domain}:root --trust ann.json`,
      3,
      'no root identity may do this',
    ],
  ])('with %s', async (_, line, exitCode, words) => {
    const outcome = await files.policy(line)
    expect(outcome).toMatchObject({ exitCode, err: '' })
    expect(outcome.out.split('\n')[0]).toContain(words)
  })

  test('an act is stated, and shown', async () => {
    const veto = `explain --act veto --as acs:ram::1:user/ann --action kms:Decrypt --resource ${key}`
    const free = await policy(veto)
    expect(free).toMatchObject({ exitCode: 0 })
    expect(free.out).toContain('what   kms:Decrypt (veto)')
    const { exitCode, out } = await policy(`${veto} --fact kms:TlsVersion=1.0 --identity operators.json`)
    expect(exitCode).toBe(3)
    expect(out).toContain('the identity policies deny it')
  })

  test.each([
    [`${ann} --trust ann.json --resource-policy ann.json`, 'a resource has a policy or a trust policy'],
    [`${ann} --act asume`, 'unknown act `asume`; did you mean `assume`?'],
  ])('`policy %s` is a misuse', async (line, says) => {
    expect(await files.policy(line)).toMatchObject({ exitCode: 2, err: expect.stringContaining(says) })
  })
})

test('nobody of the management account is bound by its organization', async () => {
  write('deny.json', { Version: '1', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] })
  const line = `${ann} --action kms:ListKeys --identity list.json --organization deny.json`
  expect((await policy(line)).exitCode).toBe(3)
  const { exitCode, out } = await policy(`${line} --manages-organization`)
  expect(exitCode).toBe(0)
  expect(out).toContain('acs:ram::1:user/ann, of the management account')
})

test.each([
  ['explain', 'say what is asked: --action ACTION, or --case FILE'],
  ['explain --action kms:Encrypt', 'say who asks: --as ARN, --as URN or --as root'],
  ['explain --as root --action kms:ListKeys', 'whose root? the resource names no account: --owner ACCOUNT'],
  ['explain --as ann --action kms:ListKeys', '`ann` names no principal of the language `ram`'],
  ['explain --as root --owner 1 --action kms:ListKeys --fact x', '`x` is no fact: write --fact KEY=VALUE'],
  [
    'explain --as root --owner 1 --action kms:ListKeys --identity',
    '`--identity` wants a value: --identity FILE...',
  ],
  [
    'explain --as root --owner 1 --action kms:ListKeys --identity list.json none.json',
    '`none.json` cannot be read',
  ],
  [
    'explain --as root --owner 1 --action kms:ListKeys --identity system:AliyunKMSFulAccess',
    'has no built-in policy `AliyunKMSFulAccess`; did you mean `AliyunKMSFullAccess`?',
  ],
  ['explain --case two.json', '`policies` is an object of layers'],
  ['explain --case case.json --name other', '`case.json` has no case `other`'],
  ['explain --name x --action kms:Encrypt', '`--name` picks one of the cases of --case FILE'],
  ['explain list.json', 'usage: keyward policy explain'],
])('`policy %s` is a misuse with a sentence', async (line, says) => {
  const { exitCode, out, err } = await policy(line)
  expect(err).toContain(says)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})
