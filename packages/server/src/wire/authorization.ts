/** What an `Authorization` header of a scheme that signs headers says behind the name of its algorithm. */
export interface Authorization {
  /** As the clients call it, `Credential` or `Access`: who signs. */
  readonly signer: string
  readonly signedHeaders: string
  readonly signature: string
}

/**
 * Reads three parts in any order, as `Credential=...,SignedHeaders=...,Signature=...`; spaces around them are tolerated.
 * Undefined where one is empty, missing, unknown, or there are more.
 */
export function readAuthorization(
  text: string,
  signerIs: 'Credential' | 'Access',
): Authorization | undefined {
  let signer = ''
  let signedHeaders = ''
  let signature = ''
  let start = 0
  for (let left = 3; left > 0; left--) {
    const comma = text.indexOf(',', start)
    if (comma < 0 !== (left === 1)) return undefined
    const end = comma < 0 ? text.length : comma
    const equals = text.indexOf('=', start)
    if (equals < 0 || equals > end) return undefined
    const name = text.slice(start, equals).trim()
    const value = text.slice(equals + 1, end).trim()
    if (name === signerIs) signer = value
    else if (name === 'SignedHeaders') signedHeaders = value
    else if (name === 'Signature') signature = value
    else return undefined
    start = end + 1
  }
  if (signer === '' || signedHeaders === '' || signature === '') return undefined
  return { signer, signedHeaders, signature }
}
