import type { KeywardOutputs } from '@keyward/server/client'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import { asJson, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

type Uses = KeywardOutputs['ListLastUses']['Uses']

const KINDS = ['key', 'secret', 'access-key', 'role'] as const

/** Lists when things of the account were last used. */
export const lastUse: Command = {
  name: 'last-use',
  usage: 'key|secret|access-key|role [--unused-for DAYS]',
  about:
    'Lists when the keys, secrets, access keys or roles of the account were last used: a key by cryptography, a secret by reading its value, an access key by any call, a role by opening a session or by a call of one. Only what succeeded counts (of an access key: every call whose signature held). Times are noted in memory and written down once a minute: an answer may be a minute late, and a process that is killed loses that minute.\nThe call is decided (`keyward:ListLastUses`) and audited as every call is.',
  examples: [
    ['keyward last-use access-key --unused-for 90', 'keys to switch off'],
    ['keyward last-use secret --output json', 'every secret, for a program'],
  ],
  flags: [
    ...sessionFlags,
    {
      name: 'unused-for',
      type: 'text',
      value: 'DAYS',
      description: 'Only what was not used for so many days, also what never was.',
    },
    asJson,
  ],
  words: [1, 1],
  async run(line, io) {
    const Kind = KINDS.find((one) => one === line.words[0])
    if (!Kind) throw misused(`it is one of ${KINDS.join(', ')}`)
    const days = line.text('unused-for')
    if (days !== undefined && !/^\d{1,5}$/.test(days)) throw misused('--unused-for: is not a number of days')
    const UnusedSince =
      days === undefined ? undefined : new Date(Date.now() - Number(days) * 86_400_000).toISOString()
    const session = openSession(line, io)
    const Uses: Uses = []
    let NotedSince = ''
    for (let Marker: string | undefined; ; ) {
      const page = await ask(session, 'ListLastUses', {
        Kind,
        MaxItems: 1000,
        ...(UnusedSince && { UnusedSince }),
        ...(Marker ? { Marker } : {}),
      })
      Uses.push(...page.Uses)
      NotedSince = page.NotedSince
      Marker = page.NextMarker
      if (Marker === undefined) break
    }
    if (wantsJson(line, io)) io.out(json(io, { Uses, NotedSince }))
    else for (const row of described(Uses, NotedSince, io)) io.out(row)
    return 0
  },
}

function described(uses: Uses, since: string, io: Io): string[] {
  if (uses.length === 0) return ['there is none']
  const rows = [...uses].sort((a, b) =>
    a.LastUsedAt < b.LastUsedAt ? -1 : a.LastUsedAt > b.LastUsedAt ? 1 : 0,
  )
  return [
    ...rows.map(({ LastUsedAt, Name, Resource }) => {
      const when = LastUsedAt === '' ? paint(io, 'yellow', 'not noted'.padEnd(24)) : LastUsedAt
      return `${when}  ${Resource}${Name === '' || Resource.endsWith(`/${Name}`) ? '' : `  ${Name}`}`
    }),
    ...(since === '' ? [] : [`uses are noted since ${since}`]),
  ]
}
