import { acs3 } from './acs3.ts'
import { acs4 } from './acs4.ts'
import type { Scheme } from './scheme.ts'
import { rpcV1 } from './v1.ts'

/** Every way to sign, in the order in which a request is asked for it. The last one takes what is left. */
export const SCHEMES: readonly Scheme[] = [acs3, acs4, rpcV1]

export function schemeOf(authorization: string | undefined): Scheme {
  for (const row of SCHEMES) if (row.recognises(authorization)) return row
  return rpcV1
}
