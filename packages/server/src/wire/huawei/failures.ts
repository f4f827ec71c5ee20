/**
 * The gateway's refusals of a request that is not authenticated: always 401, one code, and the reason in the text
 * (reference/huawei-iam.md H.4).
 */
export type FailureCode =
  | 'NoCredentials'
  | 'TokenRefused'
  | 'KeyUnknown'
  | 'KeyInactive'
  | 'SignatureWrong'
  | 'SignatureExpired'
  | 'KeyLocked'

export interface Failure {
  readonly failure: FailureCode
  /** As claimed; repeated in two of the texts. */
  readonly accessKeyId: string | undefined
}

export function fail(failure: FailureCode, accessKeyId?: string): Failure {
  return { failure, accessKeyId: accessKeyId?.slice(0, 128) }
}

export function isFailure(value: object): value is Failure {
  return 'failure' in value
}

const REASONS: Readonly<Record<FailureCode, (accessKeyId: string) => string>> = {
  NoCredentials: () => 'x-auth-token not found',
  // IAM tokens are not issued here, so every `X-Auth-Token` is one that cannot be read; so is a security token that is
  // forged, expired, missing or another key's.
  TokenRefused: () => 'decrypt token fail',
  KeyUnknown: (ak) => `Get secretKey failed,ak:${ak},err:ak not exist`,
  // No text is published for this case; the form of its neighbour.
  KeyInactive: (ak) => `Get secretKey failed,ak:${ak},err:ak is inactive`,
  SignatureWrong: () => 'verify aksk signature fail',
  SignatureExpired: () => 'calc ak sk signature fail:signature expired',
  KeyLocked: () => 'AK access failed to reach the limit,forbidden',
}

/** The text of the 401. */
export function failureMessage({ failure, accessKeyId }: Failure): string {
  return `Incorrect IAM authentication information: ${REASONS[failure](accessKeyId ?? '')}`
}
