import type { Operation } from '../../pipeline/operation.ts'
import { getRotation } from '../kps/get-rotation.ts'
import { rotateKeypair } from '../kps/rotate-keypair.ts'
import { advanceClock } from './advance-clock.ts'
import { applyOperation } from './apply.ts'
import { countAudit, searchAuditOperation } from './audit.ts'
import { getClock, trustClock } from './clock.ts'
import { exportOperation } from './export.ts'
import { checkHost, settleHost } from './host-check.ts'
import { deleteHost, getHost, listHosts, putHost } from './hosts.ts'
import { listLastUses } from './last-uses.ts'
import { listPrincipalPolicies } from './principal-policies.ts'
import { reopenAccount } from './reopen-account.ts'
import { rotateRootKey } from './rotate-root-key.ts'
import { simulatePrincipalPolicy } from './simulate.ts'
import { getStatus } from './status.ts'
import { deleteTarget, getTarget, listTargets, putTarget } from './targets.ts'

export const keywardOperations: readonly Operation[] = [
  advanceClock,
  applyOperation,
  exportOperation,
  getClock,
  trustClock,
  putHost,
  getHost,
  listHosts,
  deleteHost,
  checkHost,
  settleHost,
  putTarget,
  getTarget,
  listTargets,
  deleteTarget,
  rotateKeypair,
  getRotation,
  rotateRootKey,
  reopenAccount,
  searchAuditOperation,
  countAudit,
  simulatePrincipalPolicy,
  listPrincipalPolicies,
  getStatus,
  listLastUses,
]
