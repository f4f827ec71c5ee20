import { type Static, Type } from 'typebox'
import type { Caller } from '../../identity/principal.ts'
import { sha256Fingerprint } from '../../keypairs/formats/public-key.ts'
import { parsePublicLine } from '../../keypairs/formats/public-line.ts'
import type { Host } from '../../keypairs/hosts/registry.ts'
import { hiddenFrom } from '../../keypairs/pairs.ts'
import { hostUsers } from '../../secrets/targets/host-users.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'

/** A registered host as operations show it. */
export const HostOutput = Type.Object({
  HostId: Type.String(),
  Name: Type.String(),
  Address: Type.String(),
  Port: Type.Integer(),
  User: Type.String(),
  HostKey: Type.String(),
  HostKeyFingerprint: Type.String(),
  Power: Type.String(),
  OfflineHook: Type.String(),
  SshdConfig: Type.String(),
  SshdReload: Type.String(),
  /** Empty where nothing is bound, and where that is another's private pair. */
  KeypairName: Type.String(),
  /** SHA-256 of the key that is bound; empty where nothing is. */
  KeyFingerprint: Type.String(),
  /** Users of the host that secrets may manage. */
  SecretUsers: Type.Array(Type.String()),
})

/** Hosts as a caller sees them: the name of another's private pair is shown to nobody else. */
export async function describeHosts(
  db: ReadHandle | WriteHandle,
  caller: Caller,
  hosts: readonly Host[],
): Promise<Static<typeof HostOutput>[]> {
  const ids = hosts.flatMap(({ keypair_id }) => (keypair_id === null ? [] : [keypair_id]))
  const hidden = await hiddenFrom(db, caller, ids)
  const shown: Static<typeof HostOutput>[] = []
  for (const host of hosts) {
    const users = await hostUsers(db, host.account_uid, host.server_id)
    const one = { ...describeHost(host), SecretUsers: [...users] }
    shown.push(host.keypair_id !== null && hidden.has(host.keypair_id) ? { ...one, KeypairName: '' } : one)
  }
  return shown
}

function describeHost(host: Host): Omit<Static<typeof HostOutput>, 'SecretUsers'> {
  const bound = host.bound_line === null ? '' : sha256Fingerprint(parsePublicLine(host.bound_line).blob)
  return {
    HostId: host.server_id,
    Name: host.name,
    Address: host.address,
    Port: host.port,
    User: host.login_user,
    HostKey: host.host_key,
    HostKeyFingerprint: sha256Fingerprint(parsePublicLine(host.host_key).blob),
    Power: host.power,
    OfflineHook: host.offline_hook,
    SshdConfig: host.sshd_config,
    SshdReload: host.sshd_reload,
    KeypairName: host.keypair_name ?? '',
    KeyFingerprint: bound,
  }
}
