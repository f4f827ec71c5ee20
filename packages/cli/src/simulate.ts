import { resolve } from 'node:path'
import type { Explanation, LanguageName, StatementAccount } from '@keyward/policy'
import type { KeywardOutputs } from '@keyward/server/client'
import { ask } from './client/ask.ts'
import { openSession, readText, sessionFlags } from './client/profile.ts'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import { asJson, wantsJson } from './flags.ts'
import { type Io, json, paint } from './io.ts'
import { decidingStatement } from './policy/account.ts'
import { facts } from './policy/explain-input.ts'
import { explanationLines } from './policy/explain-tree.ts'

type Check = KeywardOutputs['SimulatePrincipalPolicy']['Checks'][number]

/** Asks a running service whether a principal may do something, and why. */
export const simulate: Command = {
  name: 'simulate',
  usage: 'PRINCIPAL ACTION [RESOURCE] [--fact KEY=VALUE]... | PRINCIPAL --call OPERATION [--parameters JSON]',
  about:
    "Asks a running service whether a principal may do an action on a resource, and why: by the policies of every layer as they are now, with the facts that are given, else those of the resource as it is and of a call from here. Or whether it may make a whole call, with its parameters: then every check of that call is decided, on what it finds now. Nothing is done.\nPRINCIPAL is the ARN or URN of a user, a role (agency), a session of one or a root identity. The call is decided (`keyward:SimulatePrincipalPolicy` on the principal): who may make it learns of every policy that binds that principal. Of another account's resource it answers only whether the principal is allowed.\nIt ends with 0 when the principal is allowed, 5 when it is denied, 3 when you may not ask. `policy explain` is the same for files, without a service.",
  examples: [
    [
      'keyward simulate acs:ram::$ACCOUNT:user/ann kms:Decrypt acs:kms:cn-hangzhou:$ACCOUNT:key/$KEY --fact kms:EncryptionContext:Project=A',
      'a user, a key as it is, and what the request would say',
    ],
    [
      'keyward simulate acs:ram::$ACCOUNT:user/ann --call kms:Encrypt --parameters \'{"KeyId":"alias/pay","Plaintext":"aGk="}\'',
      'a whole call, its alias looked up',
    ],
  ],
  flags: [
    ...sessionFlags,
    {
      name: 'fact',
      type: 'list',
      value: 'KEY=VALUE',
      description:
        'The value of a condition key, such as `acs:SourceIp=192.0.2.1`; again for more keys, and for more values of one.',
    },
    {
      name: 'language',
      type: 'text',
      value: 'ram|iam',
      choices: ['ram', 'iam'],
      description: 'The language of the action, where both have one of its name.',
    },
    {
      name: 'session-policy',
      type: 'text',
      value: 'FILE',
      description: 'A session policy that cuts what a session of the role may do.',
    },
    { name: 'call', type: 'text', value: 'OPERATION', description: 'A whole call, such as `kms:Encrypt`.' },
    {
      name: 'parameters',
      type: 'text',
      value: 'JSON',
      description: 'Its parameters as a JSON object; `@FILE` reads them from a file.',
    },
    { name: 'all', type: 'switch', description: 'Tell of every statement, however many there are.' },
    asJson,
  ],
  words: [1, 3],
  async run(line, io) {
    const [Principal = '', AuthAction, AuthResource] = line.words
    const Call = line.text('call')
    if ((AuthAction === undefined) === (Call === undefined))
      throw misused('say what is asked: an action after the principal, or --call OPERATION')
    const file = line.text('session-policy')
    const parameters = line.text('parameters')
    const given = Object.entries(facts(line.flags.get('fact') ?? []))
    const answer = await ask(openSession(line, io), 'SimulatePrincipalPolicy', {
      Principal,
      ...(AuthAction && { AuthAction, AuthResource: AuthResource ?? '*' }),
      ...(Call && { Call }),
      ...(parameters && { Parameters: textOf(parameters, io) }),
      ...(given.length > 0 && {
        Facts: given.map(([Key, value]) => ({ Key, Values: [value].flat().map(String) })),
      }),
      ...(line.text('language') && { Language: line.text('language') }),
      ...(file && { SessionPolicy: readText(resolve(io.folder, file), 'session policy') }),
    })
    if (wantsJson(line, io)) {
      const opened = ({ Explanation, ...rest }: Check) => ({
        ...rest,
        ...(Explanation && { Explanation: JSON.parse(Explanation) }),
      })
      io.out(json(io, { ...answer, Checks: answer.Checks.map(opened) }))
    } else for (const row of described(Principal, answer, io, line.has('all'))) io.out(row)
    return answer.Allowed && answer.PrincipalEnabled ? 0 : 5
  },
}

function textOf(value: string, io: Io): string {
  return value.startsWith('@') ? readText(resolve(io.folder, value.slice(1)), 'parameters') : value
}

function described(
  principal: string,
  { Allowed, PrincipalEnabled, Checks }: KeywardOutputs['SimulatePrincipalPolicy'],
  io: Io,
  all: boolean,
): readonly string[] {
  const whole = Checks.length > 1
  return [
    ...(PrincipalEnabled ? [] : [paint(io, 'red', 'the user is switched off, and can make no call'), '']),
    ...(whole ? [paint(io, Allowed ? 'green' : 'red', Allowed ? 'allowed' : 'denied'), ''] : []),
    ...Checks.flatMap((check) => {
      const rows = checkLines(principal, check, io, all)
      return whole ? [...rows, ''] : rows
    }),
  ]
}

function checkLines(principal: string, check: Check, io: Io, all: boolean): readonly string[] {
  const { Action, Act, Allowed, Explanation, Facts, Language, Resource } = check
  const word = paint(io, Allowed ? 'green' : 'red', Allowed ? 'allowed' : 'denied')
  if (Explanation === '') {
    const by = [check.Layer, check.Policy, check.Statement].filter((one) => one !== '').join('/')
    const why = `${check.Reason}${by && ` by ${by}`}`
    return [
      `${word}: ${Action} on ${Resource}${why && ` (${why})`}`,
      'there are too many statements to walk them all',
    ]
  }
  const explanation = JSON.parse(Explanation) as Explanation
  const explained = check.Reason !== ''
  const entry = {
    language: Language as LanguageName,
    policies: {},
    request: {
      act: Act as 'call',
      principal,
      action: Action,
      resource: Resource,
      context: Object.fromEntries(
        Facts.map(({ Key, Values }) => [Key, Values.length === 1 ? Values[0]! : Values]),
      ),
    },
    expect: 'Allow' as const,
  }
  const account = {
    entry,
    explanation,
    decided: explained ? decidingStatement(explanation) : undefined,
    placeOf: ({ policy }: StatementAccount) => ({ label: policy }),
    labelOf: (name: string) => name,
  }
  if (explained) return trimmed(explanationLines(account, io, all))
  return [
    `${word}: the resource is another account's, and only that account sees why`,
    ...trimmed(explanationLines(account, io, all)).slice(1),
  ]
}

function trimmed(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
