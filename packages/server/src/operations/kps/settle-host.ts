import { Type } from 'typebox'
import { Refusal } from '../../base/problem.ts'
import { findDoubt, type HostDoubt } from '../../keypairs/hosts/doubts.ts'
import type { Remedy } from '../../keypairs/hosts/look.ts'
import { findHost, type Host } from '../../keypairs/hosts/registry.ts'
import { type HostLookParts, settle } from '../../keypairs/tasks/settle.ts'
import { activeTaskOf } from '../../keypairs/tasks/tasks.ts'
import type { RunAct } from '../../pipeline/act.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { closed } from './common.ts'
import { decidedHost } from './hosts.ts'

interface Target {
  readonly host: Host | undefined
  readonly doubt: HostDoubt | undefined
  readonly busy: boolean
}

/**
 * Makes the record of a host in doubt say what the service saw on it. Nothing changes on the host. Due while the host is as
 * it was when it was looked at, and no task has it.
 */
export const settleHostInDoubt = writeOperation({
  name: 'keyward:SettleHostInDoubt',
  summary: 'Make the record of a host that a task left in doubt say what was seen on it',
  effect: 'write',
  by: 'service',
  input: Type.Object(
    {
      HostId: Type.String(),
      State: Type.String(),
      Remedy: Type.String(),
      /** The whole remedy, as JSON. */
      Seen: Type.String(),
      HostVersion: Type.Integer(),
    },
    closed,
  ),
  output: Type.Object({}),
  async resolve({ caller, store: { read } }, { HostId }): Promise<Target> {
    const host = await findHost(read, caller.account.uid, HostId)
    return {
      host,
      doubt: host && (await findDoubt(read, host.id)),
      busy: host !== undefined && (await activeTaskOf(read, host.id)) !== undefined,
    }
  },
  checks: (scope, { HostId, HostVersion }, { busy, doubt, host }) => {
    const due = doubt !== undefined && !busy && host?.version === HostVersion
    const resource = `acs:keyward:*:${scope.caller.account.uid}:host/${HostId}`
    return [actCheck(scope, 'keyward:SettleHostInDoubt', resource, due)]
  },
  decided: ({ host }) => decidedHost(host),
  touches: () => [],
  prepare: (_scope, { Seen }, { doubt, host }) => ({
    host: host as Host,
    doubt,
    remedy: JSON.parse(Seen) as Remedy,
  }),
  async work(tx, scope, _input, _target, { doubt, host, remedy }) {
    // A task that came since will see for itself.
    if (await activeTaskOf(tx, host.id)) scope.outcome('HostBusy')
    else await settle(tx, host, doubt, remedy, scope.clock.now())
    return {}
  },
  example: {
    HostId: '{kps.serverId}',
    State: 'AsRecorded',
    Remedy: 'confirm',
    Seen: '{"kind":"confirm"}',
    HostVersion: 1,
  },
})

/** How the job that looks at hosts writes down what it saw. */
export function hostSettler(run: RunAct): HostLookParts['settleSeen'] {
  return async ({ host, verdict: { remedy, state } }, step) => {
    const answer = await run({
      operation: settleHostInDoubt,
      account: host.account_uid,
      input: {
        HostId: host.server_id,
        State: state,
        Remedy: remedy.kind,
        Seen: JSON.stringify(remedy),
        HostVersion: host.version,
      },
      step,
    })
    // Refused: it has moved since, and is looked at again later.
    if (!answer.ok && answer.problem.code !== 'AccessDenied') throw new Refusal(answer.problem)
  }
}
