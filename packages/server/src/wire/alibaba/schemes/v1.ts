import { hmacSha1Base64, sameDigest } from '../../digest.ts'
import { joinPairs, type Pair } from '../../percent.ts'
import { fail } from '../failures.ts'
import { parameter } from '../request.ts'
import { echo, type Scheme } from './scheme.ts'

/**
 * The text that the RPC signature V1 is made over (reference/alibaba-ram.md E.2): every parameter but `Signature`, sorted.
 */
export function stringToSignV1(method: string, sorted: readonly Pair[]): string {
  const signed = sorted.filter((pair) => pair.name !== 'Signature')
  // Canonical already: of what this leaves as it is there is nothing left but unreserved characters.
  return `${method}&%2F&${encodeURIComponent(joinPairs(signed))}`
}

const REQUIRED = [
  'Action',
  'Version',
  'AccessKeyId',
  'Signature',
  'SignatureMethod',
  'SignatureVersion',
  'Timestamp',
  'SignatureNonce',
] as const

/** HMAC-SHA1 over the parameters of query and form; headers are not signed, so nothing is read from them. */
export const rpcV1: Scheme = Object.freeze<Scheme>({
  name: 'V1',

  signsForm: true,

  recognises: () => true,

  claim(request, authorization) {
    const given = (name: string) => parameter(request, name) ?? ''
    if (authorization !== undefined && given('Signature') === '') return fail('IncompleteSignature')
    for (const name of REQUIRED) if (given(name) === '') return fail('MissingParameter', { name })
    if (given('SignatureMethod') !== 'HMAC-SHA1') return fail('InvalidParameter', { name: 'SignatureMethod' })
    if (given('SignatureVersion') !== '1.0') return fail('InvalidParameter', { name: 'SignatureVersion' })
    // Sent empty by one client (reference/clients.md); `BEARERTOKEN` is another way to sign, which is not offered.
    if (given('SignatureType') !== '') return fail('InvalidParameter', { name: 'SignatureType' })
    // V1 does not cover a body that is no form.
    if (request.apart) return fail('ParseRequestParameterException')
    return {
      action: given('Action'),
      version: given('Version'),
      accessKeyId: given('AccessKeyId'),
      timestamp: given('Timestamp'),
      nonce: given('SignatureNonce'),
      securityToken: given('SecurityToken') || undefined,
      signature: given('Signature'),
      signedHeaders: '',
    }
  },

  verify(request, claim, credential) {
    const text = stringToSignV1(request.exchange.method, request.parameters)
    if (sameDigest(hmacSha1Base64(credential.secretAmpersand, text), claim.signature)) return undefined
    return fail('SignatureDoesNotMatch', {
      reason: `Specified signature is not matched with our calculation. server string to sign is:${echo(text)}`,
    })
  },
})
