import type { Finding } from './findings.ts'

interface CodeInfo {
  readonly severity: Finding['severity']
  /** What a finding of this code says in general. */
  readonly meaning: string
}

const error = (meaning: string): CodeInfo => Object.freeze({ severity: 'error', meaning })
const warning = (meaning: string): CodeInfo => Object.freeze({ severity: 'warning', meaning })
const suggestion = (meaning: string): CodeInfo => Object.freeze({ severity: 'suggestion', meaning })

/** Every code that a finding can have. Codes are stable; an error refuses the document on write. */
export const findingCodes = Object.freeze({
  JSON_SYNTAX_ERROR: error('the text is not JSON'),
  POLICY_TOO_LONG: error('the document is longer than its policy type allows'),
  DUPLICATE_MEMBER: error('a member appears twice in an object'),
  DATA_TYPE_MISMATCH: error('a value is of the wrong JSON type'),
  MISSING_VERSION: error('the document has no `Version`'),
  INVALID_VERSION: error('the `Version` is not one of this language and policy type'),
  MISSING_STATEMENT: error('the document has no statement'),
  INVALID_POLICY_ELEMENT: error('an element is not one of this place or policy type'),
  CONFLICTING_ELEMENTS: error('two elements exclude each other'),
  MISSING_EFFECT: error('a statement has no `Effect`'),
  INVALID_EFFECT: error('the `Effect` is neither `Allow` nor `Deny`'),
  MISSING_ACTION: error('a statement has no action'),
  INVALID_ACTION: error('an action is not well formed or not one of this policy type'),
  MISSING_RESOURCE: error('a statement has no resource, and its policy type needs one'),
  INVALID_RESOURCE: error('a resource is not well formed or not one of this policy type'),
  MISSING_PRINCIPAL: error('a statement has no principal, and its policy type needs one'),
  UNSUPPORTED_PRINCIPAL: error('a statement has a principal, and its policy type has none'),
  INVALID_SID: error('a `Sid` is too long or holds other characters'),
  EMPTY_LIST: error('a list that needs a value is empty'),
  UNSUPPORTED_VARIABLE: error('policy variables are not supported, and are not taken literally'),
  UNKNOWN_OPERATOR: error('a condition operator is not one of this language'),
  INVALID_CONDITION_KEY: error('a condition key has no name'),
  INVALID_NUMBER: error('a value is not a decimal number'),
  INVALID_DATE: error('a value is not an ISO 8601 date'),
  INVALID_BOOLEAN: error('a value is neither `true` nor `false`'),
  INVALID_ADDRESS: error('a value is not an address or CIDR block'),
  IGNORED_ELEMENT: warning('an element is not in the grammar of this policy type, and has no effect'),
  UNKNOWN_PRINCIPAL: warning('a principal can name nobody'),
  INVALID_ACCOUNT: warning('what stands where an account id belongs can be none'),
  STRAY_CHARACTER: warning('a text holds a blank or a character that stands in no such name'),
  JOINED_VALUES: warning('several values stand in one text, where each is a text of its own in a list'),
  PLACEHOLDER: warning('a text holds what looks like a place for a value, and is taken as it stands'),
  UNKNOWN_SERVICE: warning('nothing is known of the service of an action'),
  UNKNOWN_ACTION: warning('no known action has this name'),
  LEGACY_ACTION: warning('the name of an action is one of legacy documents and means nothing here'),
  FREE_ACTION: suggestion('an action is a call that needs no permission'),
  IDLE_ACTION: warning('an action is decided before there can be a policy of this type'),
  ALLOW_NOT_SUPPORTED: warning(
    'the cloud takes no statement of this policy type any more that allows, but the built-in one',
  ),
  SERVICE_NOT_PLAIN: warning(
    'the service of a resource has wildcards or capital letters, which the cloud does not take',
  ),
  RESOURCE_NOT_SUPPORTED: warning('the cloud takes no such resource in a statement that allows'),
  RESOURCE_TYPE_MISMATCH: warning(
    'no action of the statement works on such a resource, or none has such a name',
  ),
  ACTION_WITHOUT_RESOURCE: warning('an action works on none of the resources of its statement'),
  LEGACY_RESOURCE: warning('a resource is named by a path of legacy documents, which no request names'),
  UNKNOWN_CONDITION_KEY: warning('no known condition key has this name'),
  LEGACY_CONDITION_KEY: warning('a condition key is one of legacy documents'),
  KEY_NOT_ACCEPTED: warning('policies of this type do not accept a condition key'),
  KEY_NOT_CARRIED: warning('no action of the statement carries a condition key, so it counts as absent'),
  KEY_PARTLY_CARRIED: suggestion(
    'some actions of the statement do not carry a condition key, so it counts as absent',
  ),
  KEY_NEVER_CARRIED: warning('no call that is signed with an access key carries a condition key'),
  OPERATOR_TYPE_MISMATCH: warning('an operator cannot read the values of a condition key'),
  UNKNOWN_VALUE: suggestion('a condition compares a key with a text that is none of its documented values'),
  QUALIFIER_MISSING: warning(
    'a condition key has several values, and the operator does not say how many have to fit',
  ),
  MET_WHEN_ABSENT: suggestion('a condition is met when the request does not have the key'),
  PLAIN_WILDCARD: suggestion('an operator takes `*` and `?` as plain characters'),
  NEVER_MATCHES: warning('a statement can never match'),
  LOCKS_OUT: warning('the policy denies its own change to everyone but the root identity of the account'),
})

export type FindingCode = keyof typeof findingCodes
