import type { KeywardOutputs } from '@keyward/server/client'
import { ask } from './client/ask.ts'
import { openSession, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { asJson, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'

type Policies = KeywardOutputs['ListPrincipalPolicies']['Policies']

/** Lists the policies that bear on a principal, layer by layer. */
export const principalPolicies: Command = {
  name: 'principal policies',
  usage: 'PRINCIPAL [--json]',
  about:
    'Lists every policy that bears on a user, a role (agency) or a root identity: those of its organization by level, its own and those of its groups, and the trust, key and secret policies of its account whose Principal means it, with the statements that do. PRINCIPAL is its ARN or URN.\nThe call is decided (`keyward:ListPrincipalPolicies` on the principal) and audited as every call is. What a session was cut by is in its token alone, and there are no permission boundaries.',
  examples: [
    ['keyward principal policies acs:ram::$ACCOUNT:user/ann', 'what binds a user'],
    [
      'keyward principal policies iam::$DOMAIN:agency:ops --output json',
      'what binds an agency, for a program',
    ],
  ],
  flags: [...sessionFlags, asJson],
  words: [1, 1],
  async run(line, io) {
    const session = openSession(line, io)
    const Policies: Policies = []
    for (let Marker: string | undefined; ; ) {
      const page = await ask(session, 'ListPrincipalPolicies', {
        Principal: line.words[0],
        ...(Marker ? { Marker } : {}),
      })
      Policies.push(...page.Policies)
      Marker = page.NextMarker
      if (Marker === undefined) break
      io.status(`${Policies.length} policies`)
    }
    io.status('')
    if (wantsJson(line, io)) io.out(json(io, { Policies }))
    else for (const row of described(Policies, io)) io.out(row)
    return 0
  },
}

const TITLES: Readonly<Record<string, string>> = {
  organization: 'of the organization: every level has to allow',
  identity: 'identity policies: one union',
  trust: 'trust policies that name it: whose sessions it may open',
  resource: 'key and secret policies that name it',
}

function described(policies: Policies, io: Io): string[] {
  if (policies.length === 0) return ['no policy bears on it']
  return Object.entries(TITLES).flatMap(([layer, title]) => {
    const rows = policies.filter(({ Layer }) => Layer === layer)
    if (rows.length === 0) return []
    return [
      paint(io, 'bold', title),
      ...rows.map(({ BuiltIn, From, Language, Level, Policy, Statements }) => {
        const level = Level < 0 ? '' : `level ${Level}, `
        const statements = Statements.length === 0 ? '' : `: statement ${Statements.join(', ')}`
        return `  ${Language}  ${Policy}${BuiltIn ? ' (built in)' : ''}  ${level}${From}${statements}`
      }),
    ]
  })
}
