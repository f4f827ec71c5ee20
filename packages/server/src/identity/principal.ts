import type { KeyObject } from 'node:crypto'

/** One account has both an Alibaba uid and a Huawei domain id (design, section 5, "One directory"). */
export interface Account {
  /** 16 digits. The account's name in `acs:` resource names and the primary key of the directory. */
  readonly uid: string
  /** 32 hex digits. The account's name in `iam:`/`kps:` URNs. */
  readonly domainId: string
  /** 32 hex digits: the regional project of the account on the Huawei wire. */
  readonly projectId: string
  readonly name: string
}

/** Who calls, once the signature is verified. Frozen and cached per access key. */
export interface Caller {
  readonly account: Account
  readonly kind: 'root' | 'user'
  /** `root` or the user's name. */
  readonly name: string
  /** 18 digits for a user, the account uid for root: `UserId` on the Alibaba wire. */
  readonly ramId: string
  /** 32 hex digits: `user_id` on the Huawei wire. */
  readonly iamId: string
  /** `acs:ram::UID:root` or `acs:ram::UID:user/N`. */
  readonly arn: string
  /** `iam::DOMAIN:root` or `iam::DOMAIN:user:N`. */
  readonly urn: string
  readonly accessKeyId: string
}

/** An access key as the wires need it. The secret is held as key objects only; it is never turned back into text. */
export interface AccessKeyCredential {
  readonly id: string
  readonly active: boolean
  /** HMAC key for ACS3 and SDK-HMAC-SHA256: the secret itself. */
  readonly secret: KeyObject
  /** HMAC key for the RPC signature V1: the secret followed by `&`. */
  readonly secretAmpersand: KeyObject
  /** HMAC key from which ACS4 derives a key a day: `aliyun_v4` followed by the secret. */
  readonly secretV4: KeyObject
  readonly caller: Caller
}
