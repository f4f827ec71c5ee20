const unsupported = () => ({ status: 400, code: 'KPS.40006', message: 'The operation is not supported.' })
const badParameter = () => ({ status: 400, code: 'KPS.40001', message: 'A parameter is invalid.' })
const conflict = () => ({ status: 409, code: 'KPS.40901', message: 'The state of the key forbids it.' })
const missing = () => ({ status: 404, code: 'KPS.40402', message: 'The key does not exist.' })

/** Problems of KMS keys: no operation of this wire raises them today, and none may fall through the table. */
export const KEY_ROWS = {
  OperationRejected: unsupported,
  StateModifiedFailed: conflict,
  KeyVersionNotFound: missing,
  AliasExists: badParameter,
  UnsupportedAlias: unsupported,
  UnsupportedOrigin: unsupported,
  InvalidImportToken: badParameter,
  ExpiredImportToken: badParameter,
  InstanceNotFound: missing,
  ServiceOpened: unsupported,
  InvalidTagKey: badParameter,
  InvalidTagValue: badParameter,
  DuplicateTagKey: badParameter,
  ResourceIdNotFound: missing,
} as const
