import { randomBytes } from 'node:crypto'
import { type Credential, callOver, type TestService, type WireAnswer } from './service.ts'

/** An account of a test world. */
export interface TestAccount {
  readonly uid: string
  readonly domainId: string
  readonly name: string
  /** Its root identity. */
  readonly root: Credential
  /** A user who may do everything that policies can allow. */
  readonly admin: Credential
  /** A user without a policy. */
  readonly nobody: Credential
}

export const ALLOW_ALL = {
  ram: { Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  iam: { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] },
}

export const statement = {
  ram: (...statements: object[]) => ({ Version: '1', Statement: statements }),
  iam: (...statements: object[]) => ({ Version: '5.0', Statement: statements }),
}

export function newKey() {
  return { id: `LTAI${randomBytes(10).toString('hex')}`, secret: randomBytes(16).toString('hex') }
}

type Declared = Readonly<Record<string, unknown>>

/** Makes an account with its root, an `admin` and a `nobody`. */
export async function makeAccount(
  service: TestService,
  name: string,
  more: Declared = {},
): Promise<TestAccount> {
  const [root, admin, nobody] = [newKey(), newKey(), newKey()]
  const answer = await service.apply({
    accounts: [
      {
        name,
        accessKeys: [root],
        policies: [
          { name: 'all', language: 'ram', document: ALLOW_ALL.ram },
          { name: 'all', language: 'iam', document: ALLOW_ALL.iam },
        ],
        users: [
          { name: 'admin', policies: { ram: ['all'], iam: ['all'] }, accessKeys: [admin] },
          { name: 'nobody', accessKeys: [nobody] },
        ],
        ...more,
      },
    ],
  })
  const [made] = answer.Accounts as { Uid: string; DomainId: string; ProjectId: string }[]
  const credential = ({ id, secret }: ReturnType<typeof newKey>): Credential => ({
    accessKeyId: id,
    accessKeySecret: secret,
    projectId: made!.ProjectId,
  })
  return {
    uid: made!.Uid,
    domainId: made!.DomainId,
    name,
    root: credential(root),
    admin: credential(admin),
    nobody: credential(nobody),
  }
}

/** Opens a session over the Alibaba wire. Raises what the service answers when it refuses. */
export async function assume(
  service: { readonly url: string },
  who: Credential,
  RoleArn: string,
  more: Declared = {},
): Promise<Credential> {
  const answer = await callOver(service.url, who, 'sts:AssumeRole', {
    RoleArn,
    RoleSessionName: 'ci',
    ...more,
  })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  const { AccessKeyId, AccessKeySecret, SecurityToken } = answer.body.Credentials as Record<string, string>
  return {
    accessKeyId: AccessKeyId!,
    accessKeySecret: AccessKeySecret!,
    securityToken: SecurityToken!,
    projectId: who.projectId,
  }
}

/** The same over the Huawei wire. */
export async function assumeAgency(
  service: { readonly url: string },
  who: Credential,
  agency_urn: string,
  more: Declared = {},
): Promise<Credential> {
  const input = { agency_urn, agency_session_name: 'ci', ...more }
  const answer = await callOver(service.url, who, 'sts:AssumeAgency', input)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  const made = answer.body.credentials as Record<string, string>
  return {
    accessKeyId: made.access_key_id!,
    accessKeySecret: made.secret_access_key!,
    securityToken: made.security_token!,
    projectId: who.projectId,
  }
}

/** A new key of whoever asks. */
export async function makeKey(service: TestService, who: Credential): Promise<string> {
  const { body } = await service.call(who, 'kms:CreateKey', {})
  return (body.KeyMetadata as { KeyId: string }).KeyId
}

/** Status and code of an answer of either wire. */
export function outcome({ status, body }: WireAnswer): string {
  return `${status} ${body.Code ?? body.error_code ?? ''}`.trim()
}
