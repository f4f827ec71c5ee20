import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import { refuse } from '../../base/problem.ts'
import type { KeypairTables } from '../../store/schema/keypairs.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import { parsePublicLine } from '../formats/public-line.ts'
import { sameKey } from './authorized-keys.ts'
import type { HostAddress } from './connection.ts'
import type { SshdSetup } from './scripts.ts'

/** A registered host. */
export type Host = Readonly<Selectable<KeypairTables['keypair_hosts']>>

/** What the operator says of a host. */
export interface HostFacts {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  /** OpenSSH line of the pinned host key. */
  readonly hostKey: string
  readonly power: 'on' | 'off'
  readonly offlineHook: string
  readonly sshdConfig: string
  readonly sshdReload: string
}

/** Hosts that an account may have. */
export const HOST_QUOTA = 10_000

/** The host that the wire calls so. The row decides nothing that is cached: read as it is. */
export function findHost(
  db: ReadHandle | WriteHandle,
  accountUid: string,
  serverId: string,
): Promise<Host | undefined> {
  return db
    .selectFrom('keypair_hosts')
    .selectAll()
    .where('account_uid', '=', accountUid)
    .where('server_id', '=', serverId)
    .executeTakeFirst()
}

/** A page of an account's hosts by server id, and how many there are. */
export async function listHosts(
  db: ReadHandle,
  accountUid: string,
  after: string,
  limit: number,
): Promise<{ readonly hosts: readonly Host[]; readonly total: number }> {
  const all = db.selectFrom('keypair_hosts').where('account_uid', '=', accountUid)
  const { total } = await all.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const hosts = await all
    .selectAll()
    .where('server_id', '>', after)
    .orderBy('server_id')
    .limit(limit)
    .execute()
  return { hosts, total: Number(total) }
}

/** Every host of an account. */
export function allHosts(db: ReadHandle, accountUid: string): Promise<Host[]> {
  return db.selectFrom('keypair_hosts').selectAll().where('account_uid', '=', accountUid).execute()
}

/** The hosts that a pair is bound to, and those of some ids besides. */
export function hostsBoundTo(
  db: ReadHandle | WriteHandle,
  keypairId: string,
  besides: readonly string[] = [],
): Promise<Host[]> {
  return db
    .selectFrom('keypair_hosts')
    .selectAll()
    .where((e) =>
      e.or([e('keypair_id', '=', keypairId), ...(besides.length === 0 ? [] : [e('id', 'in', besides)])]),
    )
    .orderBy('server_id')
    .execute()
}

/** Other hosts of the account that are bound to the key of a line as the same login user. */
export async function hostsWithKey(db: ReadHandle, host: Host, line: string): Promise<readonly Host[]> {
  const rows = await db
    .selectFrom('keypair_hosts')
    .selectAll()
    .where('account_uid', '=', host.account_uid)
    .where('login_user', '=', host.login_user)
    .where('id', '!=', host.id)
    .where('bound_line', 'like', `${line.split(' ', 2).join(' ')}%`)
    .limit(MAX_ASKED)
    .execute()
  return rows.filter(({ bound_line }) => bound_line !== null && sameKey(bound_line, line))
}

/** More hosts with one key are a fleet, whose hosts share no home. */
const MAX_ASKED = 50

/** Registers a host, or changes what is said of it. What is bound to it stays. Raises `LimitExceeded`. */
export async function putHost(
  tx: WriteHandle,
  accountUid: string,
  serverId: string,
  facts: HostFacts,
  now: number,
): Promise<Host> {
  const columns = {
    name: facts.name,
    address: facts.address,
    port: facts.port,
    login_user: facts.user,
    host_key: facts.hostKey,
    power: facts.power,
    offline_hook: facts.offlineHook,
    sshd_config: facts.sshdConfig,
    sshd_reload: facts.sshdReload,
    updated_at: now,
  }
  const known = await findHost(tx, accountUid, serverId)
  if (known) {
    const version = known.version + 1
    await tx
      .updateTable('keypair_hosts')
      .set({ ...columns, version })
      .where('id', '=', known.id)
      .execute()
    return { ...known, ...columns, version }
  }
  const { total } = await tx
    .selectFrom('keypair_hosts')
    .select((e) => e.fn.countAll<number>().as('total'))
    .where('account_uid', '=', accountUid)
    .executeTakeFirstOrThrow()
  if (Number(total) >= HOST_QUOTA) throw refuse({ code: 'LimitExceeded', what: 'hosts' })
  const row: Host = {
    id: randomUUID(),
    account_uid: accountUid,
    server_id: serverId,
    ...columns,
    keypair_id: null,
    keypair_name: null,
    bound_line: null,
    bound_at: null,
    created_at: now,
    version: 1,
  }
  await tx.insertInto('keypair_hosts').values(row).execute()
  return row
}

export async function deleteHost(tx: WriteHandle, id: string): Promise<void> {
  await tx.deleteFrom('keypair_host_doubts').where('host_id', '=', id).execute()
  await tx.deleteFrom('keypair_hosts').where('id', '=', id).execute()
}

/** What a host is bound to now. */
export interface Binding {
  readonly keypairId: string
  readonly keypairName: string
  readonly line: string
}

/** Writes down what is bound to a host; undefined: nothing. */
export async function setBinding(
  tx: WriteHandle,
  hostId: string,
  binding: Binding | undefined,
  now: number,
): Promise<void> {
  await tx
    .updateTable('keypair_hosts')
    .set((e) => ({
      keypair_id: binding?.keypairId ?? null,
      keypair_name: binding?.keypairName ?? null,
      bound_line: binding?.line ?? null,
      bound_at: binding ? now : null,
      updated_at: now,
      version: e('version', '+', 1),
    }))
    .where('id', '=', hostId)
    .execute()
}

/** Where a host is; `port` where a call named another. */
export function addressOf(host: Host, port?: number): HostAddress {
  return {
    host: host.address,
    port: port ?? host.port,
    user: host.login_user,
    hostKey: parsePublicLine(host.host_key).blob,
  }
}

export function setupOf(host: Host): SshdSetup {
  return {
    ...(host.sshd_config === '' ? {} : { config: host.sshd_config }),
    ...(host.sshd_reload === '' ? {} : { reload: host.sshd_reload }),
  }
}
