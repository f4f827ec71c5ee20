import type { Account, Caller } from './principal.ts'

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

export interface UserNames {
  readonly id: string
  readonly ramId: string
  readonly name: string
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
  })
}
