import { sha256Hex } from '../digest.ts'
import { decode, encode, joinPairs, type Pair, sortPairs } from '../percent.ts'

export const SDK_HMAC = 'SDK-HMAC-SHA256'

/** A canonical request (reference/huawei-iam.md H.1). `path` is one of {@link canonicalPaths}. */
export function canonicalRequest(
  method: string,
  path: string,
  query: string,
  headerLines: string,
  signedHeaders: string,
  bodyHash: string,
): string {
  return `${method}\n${path}\n${query}\n${headerLines}\n${signedHeaders}\n${bodyHash}`
}

export function stringToSign(date: string, canonical: string): string {
  return `${SDK_HMAC}\n${date}\n${sha256Hex(canonical)}`
}

/** A path of nothing but unreserved characters, which every signer writes alike. */
const PLAIN = /^[A-Za-z0-9\-_.~/]*$/

function closed(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}

function encodeSegments(path: string): string {
  return closed(path.split('/').map(encode).join('/'))
}

/**
 * The canonical forms of a path as clients sign it, the usual ones first (reference/clients.md):
 * the Node SDK encodes what it sends once more (`a%20b` as `a%2520b`), the Python SDK decodes it first (`a%2Fb` as
 * `a/b`), others sign it as sent. One for nearly every call, as the forms differ only where something is escaped.
 *
 * Names that hold no `%` and no `/` have no second reading under any of the forms, and no key pair name may hold either.
 */
export function canonicalPaths(path: string): readonly string[] {
  if (PLAIN.test(path)) return [closed(path)]
  const forms = [encodeSegments(path), closed(path)]
  const decoded = decode(path)
  if (decoded !== undefined) forms.push(encodeSegments(decoded))
  return [...new Set(forms)]
}

/**
 * The canonical forms of a query, the usual one first: the Go SDK writes parameter names in lower case before it sorts
 * them. One for nearly every call, as no parameter of these APIs has a capital in its name.
 */
export function canonicalQueries(sorted: readonly Pair[]): readonly string[] {
  const usual = joinPairs(sorted)
  if (sorted.every(({ name }) => name === name.toLowerCase())) return [usual]
  const lower = sorted.map(({ name: sent, value }) => {
    const name = sent.toLowerCase()
    return { name, value, canonical: `${encode(name)}=${encode(value)}` }
  })
  return [usual, joinPairs(sortPairs(lower))]
}
