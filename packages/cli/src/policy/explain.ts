import {
  actionInfo,
  carriesConditionKey,
  conditionKeyInfo,
  didYouMean,
  globalConditionKeys,
  needsNoPermission,
  type PolicyCase,
  type PreparedCase,
  prepareCase,
  services,
} from '@keyward/policy'
import type { Command } from '../command.ts'
import { misused } from '../exit.ts'
import { type Io, json } from '../io.ts'
import { accountFor } from './account.ts'
import { findingLine, isError } from './check-report.ts'
import { givenCase } from './explain-input.ts'
import { explanationJson, explanationLines } from './explain-tree.ts'
import { languageFlag } from './kind.ts'

const files = (name: string, value: string, description: string) =>
  ({ name, type: 'files', value, description }) as const
const text = (name: string, value: string, description: string) =>
  ({ name, type: 'text', value, description }) as const

/** Decides one request and gives the full account of it. */
export const policyExplain: Command = {
  name: 'policy explain',
  usage: '--as WHO --action ACTION [FLAGS]',
  about:
    'Decides one request by the policies given and says why: the verdict and what decided; for every statement that does not apply the first element that failed, with what it wants and what the request has; the statements that would have allowed but for one element; and the smallest change that would allow. Nothing is asked of a service.\nIt ends with 0 when the request is allowed, 3 when it is denied, 4 when a document would be refused on write. A document may be `system:NAME`, a built-in policy; a file may hold an array of documents.',
  examples: [
    [
      'keyward policy explain --as acs:ram::1:user/ann --action kms:Decrypt --resource acs:kms:cn-hangzhou:1:key/k1 --fact kms:tag/Project=A --identity policies/*.json',
      'a user, its policies and a tag of the key',
    ],
    [
      'keyward policy explain --as iam::1:user:ann --action sts:agencies:assume --resource iam::1:agency:ops --identity ann.json --trust ops-trust.json',
      'who may open a session of an agency',
    ],
    [
      'keyward policy explain --as iam::1:user:ann --action kps:SSHKeyPair:list --identity ann.json --organization root.json unit.json',
      'a user whose account is bound by an organization',
    ],
    ['keyward policy explain --case failing.json', 'a case of a test'],
  ],
  flags: [
    text('as', 'ARN|URN|root', "Who asks; `root` is the root identity of the owner's account."),
    text(
      'act',
      'call|assume|veto',
      'What is decided: a call, the default; `assume`, the opening of a session of a role, which an action such as `sts:AssumeRole` is in any case; `veto`, the word of this language on a call that the other language allows.',
    ),
    text('action', 'ACTION', 'What is asked: `kms:Decrypt`, `kps:SSHKeyPair:list`.'),
    text('resource', 'ARN|URN', 'On what; `*`, the default, where the action knows no resource.'),
    text('owner', 'ACCOUNT', 'The account that owns the resource; by default the one in its name.'),
    {
      name: 'fact',
      type: 'list',
      value: 'KEY=VALUE',
      description:
        'The value of a condition key in the request; again for more keys, and for more values of one.',
    },
    files('identity', 'FILE...', 'Policies of the user and its groups, or of the role.'),
    files('resource-policy', 'FILE...', 'The key, secret or trust policy of the resource.'),
    files('trust', 'FILE...', 'The trust policy of the role or agency, in the place of --resource-policy.'),
    files('session', 'FILE...', 'The session policy.'),
    files(
      'organization',
      'FILE...',
      "What binds the owner's account, a file a level, the root of the tree first. A file with an array is a level of several documents.",
    ),
    files('caller-organization', 'FILE...', "The same for the caller's account where it is another."),
    text('case', 'FILE', 'A case file to start from; the other flags come over what it says.'),
    text('name', 'NAME', 'Which case of the file.'),
    {
      name: 'manages-organization',
      type: 'switch',
      description: "The caller's account manages the organization, whose policies then do not bind it.",
    },
    languageFlag,
    { name: 'all', type: 'switch', description: 'Tell of every statement, however many there are.' },
    { name: 'json', type: 'switch', description: 'Print the account as JSON.' },
  ],
  words: [0, 0],
  async run(line, io) {
    const { entry, labels } = await givenCase(line, io)
    const prepared = prepare(entry)
    for (const remark of remarks(entry)) io.err(`keyward: warning: ${remark}`)
    if (prepared.refused.length > 0) {
      for (const { at, findings } of prepared.refused)
        for (const finding of findings.filter(isError))
          io.err(findingLine(labels.get(at) ?? at, finding, plainIo(io)))
      return 4
    }
    const account = accountFor(entry, prepared, labels)
    if (line.has('json')) io.out(json(io, explanationJson(account)))
    else for (const row of trimmed(explanationLines(account, io, line.has('all')))) io.out(row)
    return account.explanation.decision.allowed ? 0 : 3
  },
}

function prepare(entry: PolicyCase): PreparedCase {
  try {
    return prepareCase(entry)
  } catch (error) {
    if (error instanceof TypeError) throw misused(error.message)
    throw error
  }
}

/** Standard error is not coloured: whether a person reads standard output says nothing of it. */
function plainIo(io: Io): Io {
  return { ...io, person: { ...io.person, reads: false } }
}

/** What is odd about the request, though it can be decided. */
function remarks({ language, request }: PolicyCase): readonly string[] {
  const { action, context = {} } = request
  const found: string[] = []
  if (!actionInfo(language, action) && !needsNoPermission(language, action)) {
    const known = services(language).flatMap((service) => service.actions.map(({ name }) => name))
    found.push(`no known action is \`${action}\`${didYouMean(action, known)}`)
  }
  for (const key of Object.keys(context)) {
    if (!conditionKeyInfo(language, key)) {
      const keys = services(language).flatMap((service) => service.conditionKeys)
      const known = [...globalConditionKeys(language), ...keys].map(({ name }) => name)
      found.push(`no known condition key is \`${key}\`${didYouMean(key, known)}`)
    } else if (!carriesConditionKey(language, action, key))
      found.push(`\`${action}\` does not carry \`${key}\`: it counts as absent`)
  }
  return found
}

function trimmed(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
