/** What can go wrong with keys alone, in this vendor's words (reference/alibaba-kms.md A.2, A.3). */
export const KEY_ROWS = {
  OperationRejected: ({ detail }: { readonly detail?: string }) => ({
    status: 400,
    code: 'Rejected.UnsupportedOperation',
    message: `Unsupported operation.${more(detail)}`,
  }),
  StateModifiedFailed: ({ detail }: { readonly detail?: string }) => ({
    status: 409,
    code: 'Rejected.StateModifiedFailed',
    message: `Keystate modified failed.${more(detail)}`,
  }),
  KeyVersionNotFound: () => ({
    status: 404,
    code: 'Forbidden.KeyVersionNotFound',
    message: 'The specified Key version is not found.',
  }),
  AliasExists: () => ({ status: 400, code: 'AliasAlreadyExists', message: 'AliasName Already Exists.' }),
  UnsupportedAlias: () => ({
    status: 400,
    code: 'Unsupported.Alias',
    message: 'Alias is not valid for this api.',
  }),
  UnsupportedOrigin: () => ({
    status: 400,
    code: 'Unsupported.Origin',
    message: 'This key origin is not valid for this api.',
  }),
  InvalidImportToken: () => ({
    status: 400,
    code: 'InvalidImportToken',
    message: 'import token is invalid.',
  }),
  ExpiredImportToken: () => ({
    status: 400,
    code: 'ExpiredImportToken',
    message: 'import token is expired.',
  }),
  InstanceNotFound: () => ({
    status: 403,
    code: 'Forbidden.DKMSInstanceNotFound',
    message: 'The specified DKMS Instance is not found.',
  }),
  ServiceOpened: () => ({
    status: 400,
    code: 'Forbidden.Opened',
    message: 'Your kms service has been opened.',
  }),
  InvalidTagKey: () => ({ status: 400, code: 'InvalidParameter.TagKey', message: NOT_VALID }),
  InvalidTagValue: () => ({ status: 400, code: 'InvalidParameter.TagValue', message: NOT_VALID }),
  DuplicateTagKey: () => ({
    status: 400,
    code: 'Duplicate.TagKey',
    message: 'The specified tagKey is duplicate.',
  }),
  ResourceIdNotFound: () => ({
    status: 404,
    code: 'InvalidResourceId.NotFound',
    message: 'The specified ResourceId is not found.',
  }),
} as const

const NOT_VALID = 'The specified parameter is not valid.'

function more(detail: string | undefined): string {
  return detail === undefined ? '' : ` ${detail}`
}
