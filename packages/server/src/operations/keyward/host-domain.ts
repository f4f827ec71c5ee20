import { refuse } from '../../base/problem.ts'
import type { WorldDomain } from '../../identity/world/domains.ts'
import type { Entity, StoredEntity } from '../../identity/world/entities.ts'
import { parsePublicLine, writePublicLine } from '../../keypairs/formats/public-line.ts'
import { parseField } from '../../keypairs/formats/reading.ts'
import { allHosts, findHost, type Host, type HostFacts, putHost } from '../../keypairs/hosts/registry.ts'
import { activeTaskOf } from '../../keypairs/tasks/tasks.ts'
import { allHostUsers, setHostUsers } from '../../secrets/targets/host-users.ts'

/** Registered hosts, as world files declare them. */
export const hostDomain: WorldDomain = Object.freeze<WorldDomain>({
  async current(db, accountUid) {
    const users = await allHostUsers(db, accountUid)
    return (await allHosts(db, accountUid)).map(
      (host): StoredEntity => ({
        kind: 'host',
        account: accountUid,
        id: host.id,
        name: [host.server_id],
        fields: { ...factsOf(host), secretUsers: JSON.stringify(users.get(host.server_id) ?? []) },
      }),
    )
  },
  async put(tx, entity, now) {
    const [id = ''] = entity.name
    const known = await findHost(tx, entity.account, id)
    if (known && (await activeTaskOf(tx, known.id))) throw refuse({ code: 'HostBusy', id })
    await putHost(tx, entity.account, id, declared(entity, known), now)
    const { secretUsers } = entity.fields
    if (secretUsers !== undefined) {
      await setHostUsers(tx, entity.account, id, JSON.parse(String(secretUsers)) as string[])
    }
  },
})

function factsOf(host: Host): HostFacts {
  return {
    name: host.name,
    address: host.address,
    port: host.port,
    user: host.login_user,
    hostKey: host.host_key,
    power: host.power === 'off' ? 'off' : 'on',
    offlineHook: host.offline_hook,
    sshdConfig: host.sshd_config,
    sshdReload: host.sshd_reload,
  }
}

/** What the file leaves out stays as it is, or is as usual for a host that is new. */
function declared({ name: [id = ''], fields }: Entity, known: Host | undefined): HostFacts {
  const usual: HostFacts = {
    name: id,
    address: '',
    port: 22,
    user: 'root',
    hostKey: '',
    power: 'on',
    offlineHook: '',
    sshdConfig: '',
    sshdReload: '',
  }
  const { secretUsers: _, ...said } = fields
  const facts = { ...usual, ...(known ? factsOf(known) : {}), ...(said as Partial<HostFacts>) }
  const key = parseField('hostKey', () => parsePublicLine(facts.hostKey))
  return { ...facts, hostKey: writePublicLine(key, '') }
}
