const unsupported = () => ({ status: 400, code: 'KPS.40006', message: 'The operation is not supported.' })
const badParameter = () => ({ status: 400, code: 'KPS.40001', message: 'A parameter is invalid.' })
const conflict = () => ({ status: 409, code: 'KPS.40901', message: 'The state of the key forbids it.' })
const missing = () => ({ status: 404, code: 'KPS.40402', message: 'The key does not exist.' })

/** Problems of the KMS keys that guard private keys. */
export const KEY_ROWS = {
  OperationRejected: unsupported,
  StateModifiedFailed: conflict,
  KeyVersionNotFound: missing,
  AliasExists: badParameter,
  UnsupportedAlias: unsupported,
} as const
