import { createHmac } from 'node:crypto'
import type { MacSpec } from '../key-spec.ts'
import { wrappingsOfSecrets } from '../wrappings.ts'
import { secretMaterial } from './secret.ts'

/** `bytes` is the length of the hash's output: a shorter key weakens the MAC, a longer one adds nothing. */
function row<const N extends string>(
  name: N,
  algorithm: string,
  hash: string,
  bytes: number,
): MacSpec & { name: N } {
  return {
    kind: 'mac',
    name,
    defaultUsage: 'GENERATE/VERIFY_MAC',
    macs: [
      {
        name: algorithm,
        generate: (key, message) => createHmac(hash, key.secret).update(message).digest(),
      },
    ],
    material: secretMaterial(bytes),
    wrappings: wrappingsOfSecrets(bytes),
    slowImport: true,
  }
}

/** The wire publishes no names for MAC keys: these, and the usage `GENERATE/VERIFY_MAC`, are ours and vendor-neutral. */
export const MAC_SPECS = [
  row('HMAC_256', 'HMAC_SHA_256', 'sha256', 32),
  row('HMAC_224', 'HMAC_SHA_224', 'sha224', 28),
  row('HMAC_384', 'HMAC_SHA_384', 'sha384', 48),
  row('HMAC_512', 'HMAC_SHA_512', 'sha512', 64),
  row('HMAC_SM3', 'HMAC_SM3', 'sm3', 32),
] as const
