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
  const parts = text.split(',', 4)
  if (parts.length !== 3) return undefined
  let signer = ''
  let signedHeaders = ''
  let signature = ''
  for (let i = 0; i < 3; i++) {
    const part = parts[i]!
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(equals, 0)).trim()
    const value = part.slice(equals + 1).trim()
    if (name === signerIs) signer = value
    else if (name === 'SignedHeaders') signedHeaders = value
    else if (name === 'Signature') signature = value
    else return undefined
  }
  if (signer === '' || signedHeaders === '' || signature === '') return undefined
  return { signer, signedHeaders, signature }
}
