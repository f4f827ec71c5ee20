/**
 * What can be wrong with an Alibaba request before an operation runs, and the answer to each: the vendor's status,
 * code and text (reference/alibaba-ram.md F.2, alibaba-kms.md A.3).
 */
export const FAILURES = {
  MissingParameter: { status: 400, message: 'The parameter "<name>" is needed but not provided.' },
  InvalidParameter: { status: 400, message: 'The specified parameter "<name>" is not valid.' },
  ParseRequestParameterException: {
    status: 400,
    message: 'Server parse parameters exception. Please check your input params.',
  },
  RequestEntityTooLarge: { status: 413, message: 'The request entity is too large.' },
  UnsupportedHTTPMethod: { status: 403, message: 'This http method is not supported.' },
  InvalidVersion: { status: 400, message: 'Specified parameter Version is not valid.' },
  'InvalidAction.NotFound': {
    status: 404,
    message: 'Specified api is not found, please check your url and method.',
  },
  UnsupportedOperation: { status: 400, message: 'This action is not supported.' },
  IncompleteSignature: {
    status: 400,
    message: 'The request signature does not conform to Aliyun standards.',
  },
  'InvalidTimeStamp.Format': {
    status: 400,
    message: 'Specified time stamp or date value is not well formatted.',
  },
  'InvalidTimeStamp.Expired': { status: 400, message: 'Specified time stamp or date value is expired.' },
  'InvalidAccessKeyId.NotFound': { status: 404, message: 'Specified access key is not found.' },
  'InvalidAccessKeyId.Inactive': { status: 400, message: 'Specified access key is disabled.' },
  MissingSecurityToken: { status: 400, message: 'SecurityToken is mandatory for this action.' },
  'InvalidSecurityToken.Expired': { status: 400, message: 'Specified SecurityToken is expired.' },
  'InvalidSecurityToken.Malformed': { status: 400, message: 'Specified SecurityToken is malformed.' },
  'InvalidSecurityToken.MismatchWithAccessKey': {
    status: 400,
    message: 'Specified SecurityToken mismatch with the AccessKey.',
  },
  SignatureDoesNotMatch: { status: 400, message: 'Specified signature is not matched with our calculation.' },
} as const satisfies Readonly<Record<string, { status: number; message: string }>>

export type FailureCode = keyof typeof FAILURES

/** A request refused by the wire itself. `reason` replaces the table's message, `name` fills it. */
export interface Failure {
  readonly failure: FailureCode
  readonly name?: string
  readonly reason?: string
}

export function fail(failure: FailureCode, more?: { name?: string; reason?: string }): Failure {
  return { failure, ...more }
}

export function isFailure(value: object): value is Failure {
  return 'failure' in value
}

export function failureMessage(failure: Failure): string {
  return (
    failure.reason ??
    FAILURES[failure.failure].message.replace('<name>', () => (failure.name ?? '').slice(0, 128))
  )
}
