import { ALLOW_ALL, newKey } from '../identity-kit.ts'
import type { Credential, TestService } from '../service.ts'

/** Who sends the variants. */
export interface Actors {
  readonly root: Credential
  /** A user who may do everything that policies can allow. */
  readonly allowed: Credential
  /** A user without a policy. */
  readonly refused: Credential
  /** A session of a role that may do everything. */
  readonly session: Credential
}

const [allowed, refused] = [newKey(), newKey()]

/** Makes them in the account of the root; again after a world that pruned them. */
export async function makeActors(service: TestService): Promise<Actors> {
  const { root } = service
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${root.accountUid}:root` } },
    ],
  }
  const all = { ram: ['conformance'], iam: ['conformance'] }
  await service.apply({
    accounts: [
      {
        uid: root.accountUid,
        policies: (['ram', 'iam'] as const).map((language) => ({
          name: 'conformance',
          language,
          document: ALLOW_ALL[language],
        })),
        users: [
          { name: 'conformance-allowed', policies: all, accessKeys: [allowed] },
          { name: 'conformance-refused', accessKeys: [refused] },
        ],
        roles: [{ name: 'conformance', trust: { ram: trust }, policies: all }],
      },
    ],
  })
  const credential = ({ id, secret }: ReturnType<typeof newKey>): Credential => ({
    accessKeyId: id,
    accessKeySecret: secret,
    projectId: root.projectId,
  })
  const answer = await service.call(credential(allowed), 'sts:AssumeRole', {
    RoleArn: `acs:ram::${root.accountUid}:role/conformance`,
    RoleSessionName: 'conformance',
  })
  const made = answer.body.Credentials as Record<string, string>
  return {
    root,
    allowed: credential(allowed),
    refused: credential(refused),
    session: {
      accessKeyId: made.AccessKeyId!,
      accessKeySecret: made.AccessKeySecret!,
      securityToken: made.SecurityToken!,
      projectId: root.projectId,
    },
  }
}
