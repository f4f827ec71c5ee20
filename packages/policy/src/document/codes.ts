import type { Finding } from './findings.ts'

interface CodeInfo {
  readonly severity: Finding['severity']
  /** What a finding of this code says in general. */
  readonly meaning: string
  /** What its author can do, in sentences. */
  readonly help: string
}

const made = (severity: Finding['severity']) => (meaning: string, help: string) =>
  Object.freeze<CodeInfo>({ severity, meaning, help })
const error = made('error')
const warning = made('warning')
const suggestion = made('suggestion')

/** Every code that a finding can have. Codes are stable; an error refuses the document on write. */
export const findingCodes = Object.freeze({
  JSON_SYNTAX_ERROR: error(
    'the text is not JSON',
    'Mend the text at this place. JSON has no comments, no comma before a closing bracket, and texts only in double quotes.',
  ),
  POLICY_TOO_LONG: error(
    'the document is longer than its policy type allows',
    'Use wildcards, leave out what other statements say already, or make several policies of it.',
  ),
  DUPLICATE_MEMBER: error(
    'a member appears twice in an object',
    'Keep one of the two; put several values into a list, and several conditions on one operator under it once.',
  ),
  DATA_TYPE_MISMATCH: error(
    'a value is of the wrong JSON type',
    'Write the value as the message says. Numbers and booleans stand in quotes in a policy.',
  ),
  MISSING_VERSION: error(
    'the document has no `Version`',
    'Write `"Version": "1"` for ram, `"Version": "5.0"` for iam.',
  ),
  INVALID_VERSION: error(
    'the `Version` is not one of this language and policy type',
    'Use a version that the message names, or check the document as another language or type (`--language`, `--type`).',
  ),
  MISSING_STATEMENT: error(
    'the document has no statement',
    'Add `Statement`, a list of at least one statement.',
  ),
  INVALID_POLICY_ELEMENT: error(
    'an element is not one of this place or policy type',
    'Mend the spelling (letter case counts), or take the element out. The reference lists the elements of each policy type.',
  ),
  CONFLICTING_ELEMENTS: error(
    'two elements exclude each other',
    'Keep one of the two, or make two statements of it.',
  ),
  MISSING_EFFECT: error('a statement has no `Effect`', 'Write `"Effect": "Allow"` or `"Effect": "Deny"`.'),
  INVALID_EFFECT: error(
    'the `Effect` is neither `Allow` nor `Deny`',
    'Write `Allow` or `Deny`, with a capital letter.',
  ),
  MISSING_ACTION: error('a statement has no action', 'Add `Action`: one action or a list of them.'),
  INVALID_ACTION: error(
    'an action is not well formed or not one of this policy type',
    'Write the action with its service, as in `kms:Encrypt` (ram) or `kps:SSHKeyPair:create` (iam).',
  ),
  MISSING_RESOURCE: error(
    'a statement has no resource, and its policy type needs one',
    'Add `Resource`: names of resources, or `*` for all.',
  ),
  INVALID_RESOURCE: error(
    'a resource is not well formed or not one of this policy type',
    'Write the name of a resource in the form of its language, or `*`. A policy of a key or secret takes `*` alone.',
  ),
  MISSING_PRINCIPAL: error(
    'a statement has no principal, and its policy type needs one',
    'Say whom the statement is about: `"Principal": {"RAM": [...]}` in ram, `{"IAM": [...]}` in iam.',
  ),
  UNSUPPORTED_PRINCIPAL: error(
    'a statement has a principal, and its policy type has none',
    'Take it out: such a policy is about whoever it is attached to. Or check the document as the type that it is (`--type`).',
  ),
  INVALID_SID: error(
    'a `Sid` is too long or holds other characters',
    'Use up to 128 letters, digits, spaces and `_/+=.@-`.',
  ),
  EMPTY_LIST: error('a list that needs a value is empty', 'Add a value, or take the element out.'),
  UNSUPPORTED_VARIABLE: error(
    'policy variables are not supported, and are not taken literally',
    'Write the names out, or compare a condition key such as a tag of the principal.',
  ),
  UNKNOWN_OPERATOR: error(
    'a condition operator is not one of this language',
    'Use an operator of the reference; the two languages have different ones.',
  ),
  INVALID_CONDITION_KEY: error('a condition key has no name', 'Write the condition key that is compared.'),
  INVALID_NUMBER: error('a value is not a decimal number', 'Write digits, as in `"30"` or `"1.2"`.'),
  INVALID_DATE: error('a value is not an ISO 8601 date', 'Write it like `2026-01-31T00:00:00Z`.'),
  INVALID_BOOLEAN: error('a value is neither `true` nor `false`', 'Write `"true"` or `"false"`.'),
  INVALID_ADDRESS: error(
    'a value is not an address or CIDR block',
    'Write an address or a block, as in `10.0.0.0/8` or `2001:db8::/32`.',
  ),
  IGNORED_ELEMENT: warning(
    'an element is not in the grammar of this policy type, and has no effect',
    'Take it out, so that nobody relies on it.',
  ),
  UNKNOWN_PRINCIPAL: warning(
    'a principal can name nobody',
    'Write the full name of an account, user or role, as in `acs:ram::1192853035110001:user/alice`.',
  ),
  INVALID_ACCOUNT: warning(
    'what stands where an account id belongs can be none',
    'Write the id of the account.',
  ),
  STRAY_CHARACTER: warning(
    'a text holds a blank or a character that stands in no such name',
    'Take the character out; it may have come with a copy from a page.',
  ),
  JOINED_VALUES: warning(
    'several values stand in one text, where each is a text of its own in a list',
    'Make a list of them: `["a", "b"]` for `"a,b"`.',
  ),
  PLACEHOLDER: warning(
    'a text holds what looks like a place for a value, and is taken as it stands',
    'Put the value in its place.',
  ),
  UNKNOWN_SERVICE: warning(
    'nothing is known of the service of an action',
    'Mend the spelling. A service that is not in the catalogue cannot be checked; leave this one out with `--ignore`.',
  ),
  UNKNOWN_ACTION: warning(
    'no known action has this name',
    'Mend the spelling; the reference lists the actions. As it stands it neither allows nor denies anything.',
  ),
  LEGACY_ACTION: warning(
    'the name of an action is one of legacy documents and means nothing here',
    'Write the action that the message names.',
  ),
  FREE_ACTION: suggestion(
    'an action is a call that needs no permission',
    'Take it out: everyone may make this call, and a Deny does not stop it.',
  ),
  IDLE_ACTION: warning(
    'an action is decided before there can be a policy of this type',
    'Write it in an identity policy: what makes a key or a secret is decided before that has a policy.',
  ),
  ALLOW_NOT_SUPPORTED: warning(
    'the cloud takes no statement of this policy type any more that allows, but the built-in one',
    'Keep the built-in policy that allows everything attached, and write a Deny.',
  ),
  SERVICE_NOT_PLAIN: warning(
    'the service of a resource has wildcards or capital letters, which the cloud does not take',
    'Write the code of the service in lower case.',
  ),
  RESOURCE_NOT_SUPPORTED: warning(
    'the cloud takes no such resource in a statement that allows',
    'Write `*` there, and limit by a Deny.',
  ),
  RESOURCE_TYPE_MISMATCH: warning(
    'no action of the statement works on such a resource, or none has such a name',
    'Look up in the reference which resources the actions work on.',
  ),
  ACTION_WITHOUT_RESOURCE: warning(
    'an action works on none of the resources of its statement',
    'Give it a statement of its own with the resource that it works on. Making and listing is decided on the collection.',
  ),
  LEGACY_RESOURCE: warning(
    'a resource is named by a path of legacy documents, which no request names',
    'Write names of resources, or `*`.',
  ),
  UNKNOWN_CONDITION_KEY: warning(
    'no known condition key has this name',
    'Mend the spelling. No request carries the key, so that the condition sees it as absent.',
  ),
  LEGACY_CONDITION_KEY: warning(
    'a condition key is one of legacy documents',
    'Use a condition key of the reference that says the same.',
  ),
  KEY_NOT_ACCEPTED: warning(
    'policies of this type do not accept a condition key',
    'Compare another key, or move the statement into a policy of a type that accepts it.',
  ),
  KEY_NOT_CARRIED: warning(
    'no action of the statement carries a condition key, so it counts as absent',
    'Look up in the reference which keys the action carries.',
  ),
  KEY_PARTLY_CARRIED: suggestion(
    'some actions of the statement do not carry a condition key, so it counts as absent',
    'Give the actions that do not carry it a statement of their own.',
  ),
  KEY_NEVER_CARRIED: warning(
    'no call that is signed with an access key carries a condition key',
    'Do not rely on it, or write the condition so that it is right without the key.',
  ),
  OPERATOR_TYPE_MISMATCH: warning(
    'an operator cannot read the values of a condition key',
    'Use an operator for the type of the key: numbers, dates, addresses, booleans or texts.',
  ),
  UNKNOWN_VALUE: suggestion(
    'a condition compares a key with a text that is none of its documented values',
    'Write one of the values that the message lists, in the same letter case.',
  ),
  QUALIFIER_MISSING: warning(
    'a condition key has several values, and the operator does not say how many have to fit',
    'Write `ForAnyValue:` or `ForAllValues:` before the operator.',
  ),
  MET_WHEN_ABSENT: suggestion(
    'a condition is met when the request does not have the key',
    'Add a condition that the key is there, if that is not meant.',
  ),
  PLAIN_WILDCARD: suggestion(
    'an operator takes `*` and `?` as plain characters',
    'Use the operator of patterns: `StringLike` in ram, `StringMatch` in iam.',
  ),
  NEVER_MATCHES: warning(
    'a statement can never match',
    'Mend what the other findings of the statement name, or take the statement out.',
  ),
  LOCKS_OUT: warning(
    'the policy denies its own change to everyone but the root identity of the account',
    'Leave the action that changes the policy out of the Deny, or except a role by a condition.',
  ),
  ALLOWS_EVERYTHING: warning(
    'a statement allows every action on every resource, without a condition',
    'Allow the actions that are needed, on the resources that they are needed for. For administrators who do need it, leave this one out with `--ignore ALLOWS_EVERYTHING:FILE`.',
  ),
  ALLOWS_ALL_BUT: warning(
    'a statement allows every action but a few, without a condition',
    'List what is allowed: an action that a service gains later is allowed too as it stands.',
  ),
  OPEN_TO_EVERYONE: warning(
    'a policy lets everyone of every account in, and no condition says who',
    'Name accounts, users or roles as the `Principal`, or add a condition on who calls or from where.',
  ),
})

export type FindingCode = keyof typeof findingCodes
