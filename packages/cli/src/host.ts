import type { KeywardOutputs } from '@keyward/server/client'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { failed, misused } from './exit.ts'
import { asJson, wantsJson } from './flags.ts'
import { addressOf, hostKeyOf, portOf } from './host-key.ts'
import { json, paint } from './io.ts'

/** A host as the service describes it. */
type HostView = KeywardOutputs['GetHost']['Host']

/** Registers a host: scans its key and asks a person whether it is the right one, unless it is given. */
export const hostAdd: Command = {
  name: 'host add',
  usage: 'ID --address HOST [--port N] [--user NAME] [--host-key KEY]',
  about:
    'Registers a host that SSH key pairs can be bound to, or says anew what it is. ID is what the key pair calls name the server by. The host key is pinned: without --host-key it is fetched and shown, and a person has to say that it is the right one; compare it with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints on the host itself.',
  examples: [
    ['keyward host add web-01 --address 10.0.0.7', 'root on port 22; asks about the host key'],
    [
      'keyward host add web-01 --address 10.0.0.7 --host-key SHA256:...',
      'without asking, if it shows that key',
    ],
    ['keyward host add web-01 --address 10.0.0.7 --power off --hook disk-edit', 'shut off'],
  ],
  flags: [
    { name: 'address', type: 'text', value: 'HOST', description: 'Name, IPv4 or IPv6 address of the host.' },
    { name: 'port', type: 'text', value: 'N', description: 'Port of its SSH server; default 22.' },
    {
      name: 'user',
      type: 'text',
      value: 'NAME',
      description:
        'Whose authorized_keys is edited; default root. Another one needs sudo to switch passwords off.',
    },
    { name: 'name', type: 'text', value: 'TEXT', description: 'What people call it; default the ID.' },
    {
      name: 'host-key',
      type: 'text',
      value: 'KEY',
      description:
        'The host key: an OpenSSH line, `@FILE` with one, or its fingerprint `SHA256:...`, which what the host shows must then have.',
    },
    { name: 'power', type: 'text', value: 'on|off', description: 'Whether it runs; default on.' },
    {
      name: 'hook',
      type: 'text',
      value: 'NAME',
      description:
        'Program of the service’s folder of offline hooks that edits its disk while it is shut off.',
    },
    {
      name: 'sshd-config',
      type: 'text',
      value: 'PATH',
      description: 'Where sshd is configured on the host.',
    },
    {
      name: 'secret-user',
      type: 'list',
      value: 'NAME',
      description:
        "A user of the host that secrets may manage; may be given again. As before when left out; '' alone: none.",
    },
    { name: 'reload', type: 'text', value: 'COMMAND', description: 'What makes sshd read it again.' },
    ...sessionFlags,
    asJson,
  ],
  words: [1, 1],
  async run(line, io) {
    const address = addressOf(line.text('address'))
    const port = portOf(line.text('port'))
    const session = openSession(line, io)
    const hostKey = await hostKeyOf(line, io, address, port)
    const given: readonly (readonly [string, string])[] = [
      ['Name', 'name'],
      ['User', 'user'],
      ['Power', 'power'],
      ['OfflineHook', 'hook'],
      ['SshdConfig', 'sshd-config'],
      ['SshdReload', 'reload'],
    ]
    const more = given.flatMap(([parameter, flag]) => {
      const value = line.text(flag)
      return value === undefined ? [] : [[parameter, value]]
    })
    const answer = await ask(session, 'PutHost', {
      HostId: line.words[0] ?? '',
      Address: address,
      Port: port,
      HostKey: hostKey,
      ...Object.fromEntries(more),
      ...(line.has('secret-user')
        ? { SecretUsers: line.flags.get('secret-user')?.filter((name) => name !== '') }
        : {}),
    })
    if (wantsJson(line, io)) io.out(json(io, answer))
    else {
      const host = answer.Host
      io.out(`${paint(io, 'green', answer.Created ? 'registered' : 'changed')} ${host.HostId}`)
      for (const row of rowsOf(host)) io.out(row)
    }
    return 0
  },
}

/** Lists every host of the account. */
export const hostList: Command = {
  name: 'host list',
  usage: '[--json]',
  about: 'Lists the registered hosts of the account, and which key pair is bound to each.',
  examples: [['keyward host list', 'all of them']],
  flags: [...sessionFlags, asJson],
  words: [0, 0],
  async run(line, io) {
    const session = openSession(line, io)
    const hosts: HostView[] = []
    let marker: string | undefined
    do {
      const page = await ask(session, 'ListHosts', { MaxItems: 1000, ...(marker ? { Marker: marker } : {}) })
      hosts.push(...page.Hosts)
      marker = page.NextMarker
    } while (marker)
    if (wantsJson(line, io)) io.out(json(io, hosts))
    else if (hosts.length === 0) io.out('no host is registered: keyward host add ID --address HOST')
    else for (const row of table(hosts)) io.out(row)
    return 0
  },
}

function table(hosts: readonly HostView[]): string[] {
  const rows = hosts.map((host) => [
    host.HostId,
    `${host.User}@${host.Address}:${host.Port}`,
    host.Power,
    host.KeypairName || (host.KeyFingerprint === '' ? '-' : '(private)'),
  ])
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows.map((row) => row.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  '))
}

/** Shows one host. */
export const hostShow: Command = {
  name: 'host show',
  usage: 'ID [--json]',
  about: 'Shows a registered host: where it is, which host key is pinned, what is bound to it.',
  examples: [['keyward host show web-01', 'one host']],
  flags: [...sessionFlags, asJson],
  words: [1, 1],
  async run(line, io) {
    const { Host } = await ask(openSession(line, io), 'GetHost', { HostId: line.words[0] ?? '' })
    if (wantsJson(line, io)) io.out(json(io, Host))
    else for (const row of rowsOf(Host)) io.out(row)
    return 0
  },
}

/** What is bound, in words: the name of another's private pair is shown to nobody else. */
function boundTo({ KeypairName }: HostView): string {
  return KeypairName === '' ? "another user's private key pair" : `\`${KeypairName}\``
}

function rowsOf(host: HostView): string[] {
  return [
    `  name      ${host.Name}`,
    `  address   ${host.User}@${host.Address} port ${host.Port}, ${host.Power}`,
    `  host key  ${host.HostKeyFingerprint}`,
    ...(host.OfflineHook === '' ? [] : [`  hook      ${host.OfflineHook}`]),
    ...(host.SecretUsers.length === 0 ? [] : [`  secrets   ${host.SecretUsers.join(', ')}`]),
    `  bound to  ${host.KeyFingerprint === '' ? 'nothing' : `${host.KeypairName || boundTo(host)} (${host.KeyFingerprint})`}`,
  ]
}

/** Takes a host out of the registry. */
export const hostRemove: Command = {
  name: 'host remove',
  usage: 'ID [--yes]',
  about:
    'Takes a host out of the registry. Nothing changes on the host: a key that is bound there goes on letting in, and the service no longer knows of it.',
  examples: [['keyward host remove web-01', 'asks when a key pair is bound to it']],
  flags: [
    {
      name: 'yes',
      type: 'switch',
      description: 'Remove without asking; needed where a pair is bound and there is no terminal to ask on.',
    },
    ...sessionFlags,
  ],
  words: [1, 1],
  async run(line, io) {
    const session = openSession(line, io)
    const HostId = line.words[0] ?? ''
    if (!line.has('yes')) {
      const { Host } = await ask(session, 'GetHost', { HostId })
      const view: HostView = Host
      if (view.KeyFingerprint !== '') {
        const KeypairName = boundTo(view)
        if (!io.person.answers)
          throw misused(`${KeypairName} is bound to it, and nobody can be asked; agree with \`--yes\``)
        const answer = await io.ask(`${KeypairName} is bound to it and stays there. Remove? [y/N] `)
        if (!/^y(es)?$/i.test(answer.trim())) throw failed('nothing was changed')
      }
    }
    await ask(session, 'DeleteHost', { HostId })
    io.out(`removed ${HostId}`)
    return 0
  },
}
