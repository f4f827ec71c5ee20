import type { KeyObject } from 'node:crypto'
import type { CompiledPolicies } from '@keyward/policy'
import type { Tags } from '../base/tags.ts'

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

/** Who calls, once the signature is verified. Frozen and cached per access key or token. */
export interface Caller {
  readonly account: Account
  /** A session is one of a role (Alibaba's word) or agency (Huawei's). `service`: this service itself. */
  readonly kind: 'root' | 'user' | 'session' | 'service'
  /** `root`, or the name of the user or of the session's role. */
  readonly name: string
  /** 18 digits of the user or role, the account uid for root: `UserId`, `RoleId` on the Alibaba wire. */
  readonly ramId: string
  /**
   * 32 hex digits: `user_id` on the Huawei wire. That of a session is its agency's: what belongs to "the user" there, a
   * key pair for instance, belongs to all sessions of the agency, and outlives each.
   */
  readonly iamId: string
  /** `acs:ram::UID:root`, `acs:ram::UID:user/N` or `acs:ram::UID:assumed-role/R/S`. */
  readonly arn: string
  /** `iam::DOMAIN:root`, `iam::DOMAIN:user:N` or `sts::DOMAIN:assumed-agency:A/S`. */
  readonly urn: string
  readonly accessKeyId: string
  /** Tags of the user or role. */
  readonly tags?: Tags
  /** There for a session, and only then. */
  readonly session?: Session
}

/** What is particular to a session of a role or agency. */
export interface Session {
  readonly name: string
  /** `acs:ram::UID:role/R` */
  readonly roleArn: string
  /** `iam::DOMAIN:agency:A` */
  readonly agencyUrn: string
  /** Milliseconds since the epoch, by the service's clock. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly sourceIdentity?: string
  /** Keys of tags that every further session gets too. */
  readonly transitiveTags?: readonly string[]
  /** The security token itself: what is done later in the session's name is judged by it again. A secret. */
  readonly token: string
  /**
   * What the session policies leave, by language; absent where the session was opened without one. A session that was
   * cut in one language may do nothing in the other: its policy says nothing there.
   */
  readonly policies?: Readonly<Record<'ram' | 'iam', CompiledPolicies>>
  /** Whether the role is a service's own, which no organization limits. */
  readonly serviceLinked: boolean
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
