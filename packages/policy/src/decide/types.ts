/** The two policy languages: `ram` (Alibaba Cloud) and `iam` (Huawei Cloud). */
export type LanguageName = 'ram' | 'iam'

/** What a document is attached to; decides which elements and condition keys it accepts. */
export type PolicyType = 'identity' | 'session' | 'control' | 'scp' | 'key' | 'secret' | 'trust'

/** A value of a condition key in a request. An absent key has no value; an empty string is a value. */
export type ContextValue = string | readonly string[]

/**
 * The condition keys of one request. `get` is called with the normal form of a key (see `normalizeConditionKey`), only
 * for keys that a policy looks at, so values may be computed on demand.
 */
export interface ConditionContext {
  get(key: string): ContextValue | undefined
}

/** Who asks. */
export interface RequestPrincipal {
  /** The root identity of an account, a user, a session of a role or agency, or the service itself. */
  readonly kind: 'root' | 'user' | 'session' | 'service'
  /** Uid (ram) or domain id (iam) of the caller's account. */
  readonly account: string
  /** ARN or URN. */
  readonly id: string
  /** For a session: the ARN or URN of its role or agency. */
  readonly role?: string
  /** A session of a role or agency that a service made for itself: no organization binds it. */
  readonly serviceLinked?: boolean
  /** Its account manages the organization: nobody of that account is bound by it. */
  readonly managesOrganization?: boolean
}

/**
 * What is decided. `call`: an action on a resource. `assume`: the opening of a session of a role or agency, which its trust
 * policy has to allow as well as the caller's own policies, within one account too, and which no root identity may.
 * `veto`: this language's word on a call that the other language allows (the same key under its other name): it needs no
 * grant here, and an explicit Deny of any layer refuses it.
 */
export type Act = 'call' | 'assume' | 'veto'

/** One question to the engine. */
export interface DecisionRequest {
  /** `call` where absent. A call of an action that assumes is an assumption. */
  readonly act?: Act
  readonly principal: RequestPrincipal
  readonly action: string
  /** ARN or URN of the resource, or `*` where the action takes none. */
  readonly resource: string
  /** Account that owns the resource; the caller's where absent. */
  readonly resourceAccount?: string
  readonly context: ConditionContext
}

/** Compiled policies of one layer (or one level of it): opaque, immutable, shared by any number of decisions. */
export interface CompiledPolicies {
  readonly language: LanguageName
  readonly statements: number
}

/** The policies that bear on a request, gathered by the caller of the engine. */
export interface PolicyLayers {
  /** One entry a level of the organization tree, root first. Empty or absent: not bound by an organization. */
  readonly organization?: readonly CompiledPolicies[]
  /** Levels of the caller's organization where it is another than the owner's. */
  readonly callerOrganization?: readonly CompiledPolicies[]
  readonly session?: CompiledPolicies
  /** Policies of the user and its groups, or of the role: one union. */
  readonly identity?: CompiledPolicies
  /** Key policy, secret policy or trust policy of the resource. */
  readonly resource?: CompiledPolicies
  /** What the service may do of itself. It alone decides on the service, and on nobody else. */
  readonly system?: CompiledPolicies
}

export type DecisionReason = 'Allowed' | 'ExplicitDeny' | 'ImplicitDeny'
/** `root`: the caller is a root identity, which decides by itself; `none`: the act needs no permission, or only vetoes. */
export type DecidingLayer = 'organization' | 'session' | 'identity' | 'resource' | 'system' | 'root' | 'none'

/** What was decided, and by what. */
export interface Decision {
  readonly allowed: boolean
  readonly reason: DecisionReason
  /** Where the decision fell: the layer whose statement decided, or whose silence did. */
  readonly layer: DecidingLayer
  /** Level of the organization tree, root is 0, when the layer is `organization`. */
  readonly level?: number
  /** Whose organization that is, when the layer is `organization`. */
  readonly organizationOf?: 'owner' | 'caller'
  /** Name of the deciding policy and its statement (Sid, or `#` and its number from 0), when a statement decided. */
  readonly policy?: string
  readonly statement?: string
}
