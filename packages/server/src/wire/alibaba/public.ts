/** Parameters of the envelope, never of an operation (reference/alibaba-ram.md E.2, clients.md). */
const PUBLIC: ReadonlySet<string> = new Set([
  'AccessKeyId',
  'Action',
  'Format',
  'RegionId',
  'SecurityToken',
  'Signature',
  'SignatureMethod',
  'SignatureNonce',
  'SignatureType',
  'SignatureVersion',
  'Timestamp',
  'Version',
])

export function isPublic(name: string): boolean {
  return PUBLIC.has(name)
}
