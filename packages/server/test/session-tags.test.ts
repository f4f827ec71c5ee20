import { afterAll, beforeAll, expect, it } from 'vitest'
import { assumeAgency, outcome } from './identity-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Tags of a session: who may set them, what they decide, and how they are handed on.

let service: TestService
let urn: (name: string) => string
let tagger: Credential
let plain: Credential
beforeAll(async () => {
  service = await startService()
  const { accountUid: uid, domainId } = service.root
  urn = (name) => `iam::${domainId}:agency:${name}`
  const statement = (more: object) => ({ Version: '5.0', Statement: [{ Effect: 'Allow', ...more }] })
  const trust = (...Action: string[]) => ({ iam: statement({ Action, Principal: { IAM: [domainId] } }) })
  const both = trust('sts:agencies:assume', 'sts::tagSession')
  const Condition = { StringEquals: { 'g:PrincipalTag/team': ['a'] } }
  await service.apply({
    accounts: [
      {
        uid,
        policies: [
          {
            name: 'of-team',
            language: 'iam',
            document: statement({ Action: ['kps:SSHKeyPair:list'], Condition }),
          },
          {
            name: 'assume',
            language: 'iam',
            document: statement({ Action: ['sts:agencies:assume', 'sts::tagSession'] }),
          },
        ],
        roles: [
          { name: 'worker', trust: both, policies: { iam: ['of-team', 'assume'] } },
          { name: 'next', trust: both, policies: { iam: ['of-team'] } },
          { name: 'untagged', trust: trust('sts:agencies:assume') },
        ],
      },
    ],
  })
  const assume = ['sts:agencies:assume']
  tagger = await service.user('tagger', { iam: [statement({ Action: [...assume, 'sts::tagSession'] })] })
  plain = await service.user('plain', { iam: [statement({ Action: assume })] })
})
afterAll(() => service.close())

const TAGS = [{ key: 'team', value: 'a' }]
const open = (who: Credential, name: string, more: object = {}) =>
  service.call(who, 'sts:AssumeAgency', { agency_urn: urn(name), agency_session_name: 'ci', ...more })
const lists = async (who: Credential) => (await service.call(who, 'kps:ListKeypairs', {})).status

it('are set by those alone who may, of agencies that trust them with it', async () => {
  expect((await open(tagger, 'worker', { tags: TAGS })).status).toBe(200)
  expect((await open(plain, 'worker')).status).toBe(200)
  expect(outcome(await open(plain, 'worker', { tags: TAGS }))).toBe('403 PAP5.0001')
  expect(outcome(await open(tagger, 'untagged', { tags: TAGS }))).toBe('403 STS5.9001')
})

it('decide as tags of the caller do', async () => {
  expect(await lists(await assumeAgency(service, tagger, urn('worker'), { tags: TAGS }))).toBe(200)
  expect(await lists(await assumeAgency(service, tagger, urn('worker')))).toBe(403)
  const other = { tags: [{ key: 'team', value: 'b' }] }
  expect(await lists(await assumeAgency(service, tagger, urn('worker'), other))).toBe(403)
})

it('are handed on where they were set to be, and then cannot be replaced', async () => {
  const transitive = { tags: TAGS, transitive_tag_keys: ['team'] }
  const first = await assumeAgency(service, tagger, urn('worker'), transitive)
  expect(await lists(await assumeAgency(service, first, urn('next')))).toBe(200)
  const replaced = await open(first, 'next', { tags: [{ key: 'team', value: 'b' }] })
  expect(outcome(replaced)).toBe('400 STS5.9005')
  const alone = await assumeAgency(service, tagger, urn('worker'), { tags: TAGS })
  expect(await lists(await assumeAgency(service, alone, urn('next')))).toBe(403)
  expect(outcome(await open(tagger, 'worker', { transitive_tag_keys: ['team'] }))).toBe('400 STS5.9005')
})

it('a session opens another for an hour at most, and no second factor is made up', async () => {
  const first = await assumeAgency(service, tagger, urn('worker'))
  expect(outcome(await open(first, 'next', { duration_seconds: 3601 }))).toBe('400 STS5.9005')
  const factor = { serial_number: 'iam::x:mfa:y', token_code: '123456' }
  expect(outcome(await open(tagger, 'worker', factor))).toBe('400 PAP5.0041')
})
