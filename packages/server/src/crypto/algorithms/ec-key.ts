import {
  type CurveName,
  curve,
  fromScalar,
  POINT_BYTES,
  publicPoint,
  SCALAR_BYTES,
  toScalar,
} from './curves.ts'
import {
  bytesOfBits,
  contentOf,
  type DerValue,
  der,
  derBits,
  malformed,
  readDer,
  readOnly,
  TAG,
} from './der.ts'

/*
 * EC private keys as they are stored, PKCS#8 with one canonical form, so that equal keys have equal bytes:
 *
 *   SEQUENCE { INTEGER 0,
 *     SEQUENCE { OID ecPublicKey, OID curve },
 *     OCTET STRING { SEQUENCE { INTEGER 1, OCTET STRING d (32 bytes), [1] BIT STRING (0x04 || x || y) } } }
 *
 * SM2 keys have the same form with the curve's own identifier, as OpenSSL writes them.
 */

export interface EcKeyPair {
  readonly scalar: Uint8Array
  /** 0x04, x, y. */
  readonly point: Uint8Array
}

const EC_PUBLIC_KEY = Buffer.from('2a8648ce3d0201', 'hex')

function algorithm(name: CurveName): Buffer {
  return der(TAG.sequence, der(TAG.oid, EC_PUBLIC_KEY), der(TAG.oid, curve(name).oid))
}

export function encodeEcPrivateKey(name: CurveName, key: EcKeyPair): Buffer {
  const inner = der(
    TAG.sequence,
    der(TAG.integer, Buffer.of(1)),
    der(TAG.octets, key.scalar),
    der(TAG.context1, derBits(key.point)),
  )
  return der(TAG.sequence, der(TAG.integer, Buffer.of(0)), algorithm(name), der(TAG.octets, inner))
}

/** SubjectPublicKeyInfo of a point. */
export function encodeEcPublicKey(name: CurveName, point: Uint8Array): Buffer {
  return der(TAG.sequence, algorithm(name), derBits(point))
}

/**
 * The point of a SubjectPublicKeyInfo on this named curve. Throws when it is anything else, or not on the curve.
 */
export function decodeEcPublicKey(name: CurveName, bytes: Uint8Array): Uint8Array {
  const [info, key, ...rest] = readDer(readOnly(bytes, TAG.sequence))
  checkAlgorithm(name, contentOf(info, TAG.sequence))
  const point = bytesOfBits(contentOf(key, TAG.bits))
  if (rest.length > 0 || point.length !== POINT_BYTES || point[0] !== 4) throw malformed()
  curve(name).Point.fromBytes(point).assertValidity()
  return point
}

/** Reads the canonical form, which is trusted: it was checked before it was stored. Throws when it is not that form. */
export function decodeEcPrivateKey(name: CurveName, bytes: Uint8Array): EcKeyPair {
  const { scalar, point } = parse(name, bytes)
  if (scalar.length !== SCALAR_BYTES || point?.length !== POINT_BYTES) throw malformed()
  return { scalar, point }
}

/**
 * Reads what others write: with or without the public key, the curve named once more, attributes. Checks all that there
 * is and computes what is missing. Throws when it is not one good private key of this named curve.
 */
export function importEcPrivateKey(name: CurveName, bytes: Uint8Array): EcKeyPair {
  const { scalar, point } = parse(name, bytes)
  const pair = ecKeyPair(name, toScalar(scalar))
  if (point !== undefined) {
    const given = curve(name).Point.fromBytes(point).toBytes(false)
    if (Buffer.compare(given, pair.point) !== 0) throw malformed()
  }
  return pair
}

/** The key pair of a private scalar. Throws when the scalar is outside the curve's range. */
export function ecKeyPair(name: CurveName, d: bigint): EcKeyPair {
  if (d < 1n || d > curve(name).maxScalar) throw new RangeError('private scalar out of range')
  return { scalar: fromScalar(d), point: publicPoint(name, d) }
}

function parse(name: CurveName, bytes: Uint8Array): { scalar: Uint8Array; point?: Uint8Array } {
  const [version, info, body] = readDer(readOnly(bytes, TAG.sequence))
  if (contentOf(version, TAG.integer).length !== 1) throw malformed()
  checkAlgorithm(name, contentOf(info, TAG.sequence))
  const [inner, scalar, ...optional] = readDer(readOnly(contentOf(body, TAG.octets), TAG.sequence))
  const format = contentOf(inner, TAG.integer)
  if (format.length !== 1 || format[0] !== 1) throw malformed()
  const d = contentOf(scalar, TAG.octets)
  if (d.length > SCALAR_BYTES) throw malformed()
  const point = checkOptional(name, optional)
  return point === undefined ? { scalar: d } : { scalar: d, point }
}

function checkOptional(name: CurveName, values: readonly DerValue[]): Uint8Array | undefined {
  let point: Uint8Array | undefined
  for (const { tag, content } of values) {
    if (tag === TAG.context0) checkOid(readOnly(content, TAG.oid), curve(name).oid)
    else if (tag === TAG.context1) point = bytesOfBits(readOnly(content, TAG.bits))
    else throw malformed()
  }
  return point
}

function checkAlgorithm(name: CurveName, content: Uint8Array): void {
  const [kind, parameters, ...rest] = readDer(content)
  checkOid(contentOf(kind, TAG.oid), EC_PUBLIC_KEY)
  checkOid(contentOf(parameters, TAG.oid), curve(name).oid)
  if (rest.length > 0) throw malformed()
}

function checkOid(found: Uint8Array, wanted: Uint8Array): void {
  if (Buffer.compare(found, wanted) !== 0) throw malformed()
}
