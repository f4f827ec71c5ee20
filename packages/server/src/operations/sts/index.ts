import type { Operation } from '../../pipeline/operation.ts'
import { assumeAgency } from './assume-agency.ts'
import { assumeRole } from './assume-role.ts'
import { callerIdentity } from './caller-identity.ts'
import { createTemporaryAccessKey } from './create-temporary-access-key.ts'
import { decodeAuthorizationMessage } from './decode-authorization-message.ts'
import { getCallerIdentity } from './get-caller-identity.ts'

/** STS of both wires: sessions, who calls, and why a call was refused. */
export const stsOperations: readonly Operation[] = [
  assumeAgency,
  assumeRole,
  callerIdentity,
  createTemporaryAccessKey,
  decodeAuthorizationMessage,
  getCallerIdentity,
]
