import type { Static, TObject } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Operation } from '../../pipeline/operation.ts'
import type { getRotation } from '../kps/get-rotation.ts'
import type { rotateKeypair } from '../kps/rotate-keypair.ts'
import type { ApplyOutput } from './apply-output.ts'
import type { countAudit, searchAuditOperation } from './audit.ts'
import type { getClock, trustClock } from './clock.ts'
import type { exportOperation } from './export.ts'
import type { checkHost, settleHost } from './host-check.ts'
import type { deleteHost, getHost, listHosts, putHost } from './hosts.ts'
import type { listLastUses } from './last-uses.ts'
import type { listPrincipalPolicies } from './principal-policies.ts'
import type { rotateRootKey } from './rotate-root-key.ts'
import type { simulatePrincipalPolicy } from './simulate.ts'
import type { getStatus } from './status.ts'
import type { deleteTarget, getTarget, listTargets, putTarget } from './targets.ts'

type Answered<R extends { work: (...given: never[]) => unknown }> = Awaited<ReturnType<R['work']>>

/** What the calls of Keyward's own product answer, by their names. */
export interface KeywardOutputs {
  ApplyWorld: Static<typeof ApplyOutput>
  CheckHost: Answered<typeof checkHost>
  CountAudit: Answered<typeof countAudit>
  DeleteHost: Answered<typeof deleteHost>
  DeleteTarget: Answered<typeof deleteTarget>
  ExportWorld: Answered<typeof exportOperation>
  GetClock: Answered<typeof getClock>
  GetHost: Answered<typeof getHost>
  GetStatus: Answered<typeof getStatus>
  GetTarget: Answered<typeof getTarget>
  GetRotation: Answered<typeof getRotation>
  ListHosts: Answered<typeof listHosts>
  ListLastUses: Answered<typeof listLastUses>
  ListPrincipalPolicies: Answered<typeof listPrincipalPolicies>
  ListTargets: Answered<typeof listTargets>
  PutHost: Answered<typeof putHost>
  PutTarget: Answered<typeof putTarget>
  RotateKeypair: Answered<typeof rotateKeypair>
  RotateRootKey: Answered<typeof rotateRootKey>
  SearchAudit: Answered<typeof searchAuditOperation>
  SettleHost: Answered<typeof settleHost>
  SimulatePrincipalPolicy: Answered<typeof simulatePrincipalPolicy>
  TrustClock: Answered<typeof trustClock>
}

/** Whether an answer has the shape that the record of its operation says. A newer service may say more. */
export function hasOutput<W extends keyof KeywardOutputs>(
  _name: W,
  operation: Operation,
  content: Record<string, unknown>,
): content is KeywardOutputs[W] & Record<string, unknown> {
  const schema = operation.output as TObject
  const known = Object.fromEntries(Object.entries(content).filter(([name]) => name in schema.properties))
  return Compile(schema).Check(known)
}
