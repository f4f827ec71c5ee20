import type { Tags } from '../base/tags.ts'
import type { Account, Caller, Session } from './principal.ts'

/** The root identity of an account. Its id on the Huawei wire is the account's own: nothing else there has one. */
export function rootCaller(account: Account, accessKeyId: string): Caller {
  return Object.freeze({
    account,
    kind: 'root',
    name: 'root',
    ramId: account.uid,
    iamId: account.domainId,
    arn: `acs:ram::${account.uid}:root`,
    urn: `iam::${account.domainId}:root`,
    accessKeyId,
  })
}

/**
 * The service itself, where it acts on an entity of this account because the clock asks for it. It has no access key and no
 * policies: the system layer alone decides what it may.
 */
export function serviceCaller(uid: string): Caller {
  return Object.freeze({
    account: Object.freeze({ uid, domainId: '', projectId: '', name: '' }),
    kind: 'service',
    name: 'keyward',
    ramId: '',
    iamId: '',
    arn: 'keyward',
    urn: 'keyward',
    accessKeyId: '',
  })
}

export interface UserNames {
  readonly id: string
  readonly ramId: string
  readonly name: string
  readonly tags?: Tags
}

export function userCaller(account: Account, user: UserNames, accessKeyId: string): Caller {
  return Object.freeze({
    account,
    kind: 'user',
    name: user.name,
    ramId: user.ramId,
    iamId: user.id,
    arn: `acs:ram::${account.uid}:user/${user.name}`,
    urn: `iam::${account.domainId}:user:${user.name}`,
    accessKeyId,
    ...(user.tags && { tags: user.tags }),
  })
}

/** A role or agency as its sessions are named after. */
export interface RoleNames {
  readonly id: string
  readonly ramId: string
  readonly name: string
  /** Before the name in its URN; mostly empty. */
  readonly path?: string
  readonly tags: Tags
}

/** A role by its ARN, as sessions have it. */
export function roleArn(accountUid: string, name: string): string {
  return `acs:ram::${accountUid}:role/${name}`
}

/** Names of a role on both wires, which policies mean its sessions by. */
export function roleNames(account: Account, name: string, path = ''): Pick<Session, 'roleArn' | 'agencyUrn'> {
  return {
    roleArn: roleArn(account.uid, name),
    agencyUrn: `iam::${account.domainId}:agency:${path}${name}`,
  }
}

export function sessionCaller(
  account: Account,
  role: RoleNames,
  session: Omit<Session, 'roleArn' | 'agencyUrn'>,
  accessKeyId: string,
): Caller {
  return Object.freeze<Caller>({
    account,
    kind: 'session',
    name: role.name,
    ramId: role.ramId,
    iamId: role.id,
    arn: `acs:ram::${account.uid}:assumed-role/${role.name}/${session.name}`,
    urn: `sts::${account.domainId}:assumed-agency:${role.name}/${session.name}`,
    accessKeyId,
    tags: role.tags,
    session: Object.freeze({ ...session, ...roleNames(account, role.name, role.path) }),
  })
}
