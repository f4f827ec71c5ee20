import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acs4Caller } from './clients/acs4Clients.ts'
import {
  type AlibabaCaller,
  type AlibabaError,
  acs3Caller,
  popCoreCaller,
  v1Caller,
} from './clients/alibabaClients.ts'
import { kpsClient } from './clients/huaweiKpsClient.ts'
import { makeAccount, statement, type TestAccount } from './identity-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// The vendors' own clients open sessions and work with their tokens: they send and sign them as they see fit.

const STS = '2015-04-01'
const RAM = '2015-05-01'

let service: TestService
let home: TestAccount
beforeAll(async () => {
  service = await startService()
  home = await makeAccount(service, 'home')
  const trust = {
    ram: statement.ram({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: `acs:ram::${home.uid}:root` },
    }),
  }
  const policies = { ram: ['AliyunKMSReadOnlyAccess'], iam: ['DEW KeypairReadOnlyAccess'] }
  await service.apply({ accounts: [{ uid: home.uid, roles: [{ name: 'reader', trust, policies }] }] })
})
afterAll(() => service.close())

const login = (who: Credential) => ({ url: service.url, ...who })

async function assume(call: AlibabaCaller): Promise<Credential> {
  const RoleArn = `acs:ram::${home.uid}:role/reader`
  const { Credentials } = await call(
    'AssumeRole',
    { RoleArn, RoleSessionName: 'ci', DurationSeconds: 900 },
    STS,
  )
  return {
    accessKeyId: Credentials.AccessKeyId,
    accessKeySecret: Credentials.AccessKeySecret,
    securityToken: Credentials.SecurityToken,
    projectId: home.admin.projectId,
  }
}

describe.each([
  ['@alicloud/kms20160120 (V1)', v1Caller],
  ['@alicloud/openapi-client (ACS3)', acs3Caller],
  ['@alicloud/gateway-pop (ACS4)', acs4Caller],
  ['@alicloud/pop-core (V1)', popCoreCaller],
] as const)('%s', (name, caller) => {
  it('opens a session, works with its token, and is told why it may not do more', async () => {
    // The typed client and the gateway sign for their own product alone.
    const opener = name.startsWith('@alicloud/gateway') ? acs3Caller : caller
    const session = await assume(opener(login(home.admin)))
    const call = caller(login(session))
    expect(await call('ListKeys', {})).toMatchObject({ TotalCount: 0 })
    const refused: AlibabaError = await call('CreateKey', {}).then(
      () => expect.fail('allowed'),
      (error) => error,
    )
    expect(refused.code).toBe('Forbidden.NoPermission')
    const message = refused.accessDeniedDetail?.EncodedDiagnosticMessage ?? ''
    const decoded = await acs3Caller(login(home.admin))(
      'DecodeDiagnosticMessage',
      { EncodedDiagnosticMessage: message },
      RAM,
    )
    expect(decoded.DecodedDiagnosticMessage).toMatchObject({
      AuthAction: 'kms:CreateKey',
      AuthPrincipal: { AuthPrincipalType: 'AssumedRoleUser', AuthPrincipalDisplayName: 'reader:ci' },
    })
  })

  it('is refused with a token that was changed', async () => {
    const session = await assume(acs3Caller(login(home.admin)))
    const forged = { ...session, securityToken: `${session.securityToken?.slice(0, -8)}AAAAAAA=` }
    await expect(caller(login(forged))('ListKeys', {})).rejects.toMatchObject({
      code: 'InvalidSecurityToken.Malformed',
    })
  })
})

describe('@huaweicloud/huaweicloud-sdk-core', () => {
  it('works with the token of a session, and is refused with another', async () => {
    const session = await assume(acs3Caller(login(home.admin)))
    const kps = kpsClient(login(session))
    expect(await kps.listKeypairs()).toMatchObject({ keypairs: [] })
    await expect(kps.createKeypair({ name: 'x' })).rejects.toMatchObject({ httpStatusCode: 403 })
    const other = await assume(acs3Caller(login(home.admin)))
    const mixed = kpsClient(login({ ...session, securityToken: other.securityToken ?? '' }))
    await expect(mixed.listKeypairs()).rejects.toMatchObject({ httpStatusCode: 401 })
  })
})
