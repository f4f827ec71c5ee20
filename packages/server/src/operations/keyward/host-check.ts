import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { findDoubt, type HostDoubt } from '../../keypairs/hosts/doubts.ts'
import { lookAt, type Verdict } from '../../keypairs/hosts/look.ts'
import { addressOf, type Host } from '../../keypairs/hosts/registry.ts'
import { hiddenFrom } from '../../keypairs/pairs.ts'
import { settle } from '../../keypairs/tasks/settle.ts'
import { activeTaskOf } from '../../keypairs/tasks/tasks.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { closed, decided, HostId, hostCheck, resolveHost } from './hosts.ts'

/** Milliseconds for each look at a host: someone waits for the answer. */
const PATIENCE = 10_000

const CheckOutput = {
  HostId: Type.String(),
  /** `AsRecorded`, `Differs` or `Unknown`. */
  State: Type.String(),
  Findings: Type.Array(Type.String()),
  /** Milliseconds since the epoch from when on it is not known how a failed task has left the host; 0: it is known. */
  InDoubtSince: Type.Integer(),
}

interface Looked {
  readonly verdict: Verdict
  readonly doubt: HostDoubt | undefined
}

async function look(scope: Scope, host: Host): Promise<Looked> {
  const doubt = await findDoubt(scope.store.read, host.id)
  const ids = [host.keypair_id, ...(doubt?.lines ?? []).map(({ keypairId }) => keypairId)]
  const known = ids.filter((id): id is string => id !== null)
  const hidden = await hiddenFrom(scope.store.read, scope.caller, known)
  const verdict = await lookAt({ ...addressOf(host), connectTimeout: PATIENCE }, host, doubt, hidden)
  return { verdict, doubt }
}

function answer(id: string, { verdict, doubt }: Looked) {
  return {
    HostId: id,
    State: verdict.state,
    Findings: [...verdict.findings],
    InDoubtSince: doubt?.since ?? 0,
  }
}

/** Compares the record of a host with the host, as far as that shows without a login, and says what settling would do. */
export const checkHost = readOperation({
  name: 'keyward:CheckHost',
  summary: 'Compare the record of a host with the host, and say what settling would do',
  effect: 'read',
  input: Type.Object({ HostId }, closed),
  output: Type.Object({ ...CheckOutput, Would: Type.String() }),
  resolve: resolveHost,
  checks: (scope, { HostId }) => [hostCheck(scope, 'CheckHost', HostId)],
  work: async (scope, { HostId }, { host }) => {
    if (!host) throw refuse({ code: 'HostNotFound', id: HostId })
    const looked = await look(scope, host)
    return { ...answer(HostId, looked), Would: looked.verdict.would }
  },
  example: { HostId: '{kps.serverId}' },
})

/** Makes the record of a host say what is seen on it. Nothing changes on the host. */
export const settleHost = writeOperation({
  name: 'keyward:SettleHost',
  summary: 'Make the record of a host say what is seen on the host; nothing changes there',
  effect: 'write',
  input: Type.Object({ HostId }, closed),
  output: Type.Object({ ...CheckOutput, Did: Type.String() }),
  resolve: resolveHost,
  checks: (scope, { HostId }) => [hostCheck(scope, 'SettleHost', HostId)],
  decided,
  touches: () => [],
  prepare: async (scope, { HostId }, { host }) => {
    if (!host) throw refuse({ code: 'HostNotFound', id: HostId })
    return { host, looked: await look(scope, host) }
  },
  work: async (tx, scope, { HostId }, _target, { host, looked }) => {
    if (await activeTaskOf(tx, host.id)) throw refuse({ code: 'HostBusy', id: HostId })
    await settle(tx, host, looked.doubt, looked.verdict.remedy, scope.clock.now())
    const now = await findDoubt(tx, host.id)
    return { ...answer(HostId, { ...looked, doubt: now }), Did: looked.verdict.would }
  },
  example: { HostId: '{kps.serverId}' },
})
