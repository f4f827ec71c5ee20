import {
  actionInfo,
  type Change,
  conditionKeyName,
  type LayerAccount,
  normalizeConditionKey,
  type StatementAccount,
} from '@keyward/policy'
import { type Io, paint } from '../io.ts'
import type { Account } from './account.ts'
import { changeWords, failureWords, listed, placeName, plain, verdict } from './words.ts'

/** How many statements of a layer, and how many near misses, are shown without `--all`. */
const shown = { statements: 20, nearMisses: 3 }

/** The account of a decision for a person. */
export function explanationLines(account: Account, io: Io, all: boolean): readonly string[] {
  return [
    ...verdictLines(account, io),
    '',
    ...requestLines(account),
    '',
    ...account.explanation.layers.flatMap((layer) => layerLines(account, layer, io, all)),
    ...(account.explanation.layers.length === 0 ? ['no policies were given'] : []),
    ...nearMissLines(account, io, all),
    ...changeLines(account, io),
  ]
}

function verdictLines(account: Account, io: Io): readonly string[] {
  const { decision } = account.explanation
  const word = decision.allowed ? paint(io, 'green', 'allowed') : paint(io, 'red', 'denied')
  const by = account.decided ? ` (${statementName(account, account.decided)})` : ''
  return [`${paint(io, 'bold', word)}: ${verdict(decision)}${by}`]
}

function requestLines({ entry }: Account): readonly string[] {
  const {
    act,
    principal,
    root,
    managesOrganization,
    action,
    resource,
    resourceAccount,
    context = {},
  } = entry.request
  const absent = absentFacts(entry)
  const facts = Object.entries(context).map(
    ([key, value]) => `${plain(key)} = ${listed([value].flat().map(String), 12)}`,
  )
  return [
    `  who    ${plain(principal)}${root ? ' (root)' : ''}${managesOrganization ? ', of the management account' : ''}`,
    `  what   ${plain(action)}${act === undefined || act === 'call' ? '' : ` (${act})`}`,
    `  where  ${plain(resource)}${resourceAccount === undefined ? '' : `, owned by ${plain(resourceAccount)}`}`,
    ...facts.map((fact, index) => `  ${index === 0 ? 'facts' : '     '}  ${fact}`),
    ...(absent.length === 0
      ? []
      : [
          `  absent ${absent.join(', ')}`,
          '         (a call of this action may carry them: add --fact KEY=VALUE)',
        ]),
  ]
}

/** Condition keys of the service that a call of the action may carry, and the request does not give. */
function absentFacts({ language, request: { action, context = {} } }: Account['entry']): readonly string[] {
  const given = new Set(Object.keys(context).map((key) => normalizeConditionKey(conditionKeyName(key))))
  return (actionInfo(language, action)?.conditionKeys ?? []).filter(
    (key) => !given.has(normalizeConditionKey(key)),
  )
}

/** `a.json:12, statement NoOldTls`. */
function statementName(account: Account, statement: StatementAccount): string {
  const { label, line } = account.placeOf(statement)
  return `${plain(label)}${line === undefined ? '' : `:${line}`}, statement ${plain(statement.statement)}`
}

const says = { Allow: 'Allow', Deny: 'Deny', nothing: 'nothing applies' } as const

function layerLines(account: Account, layer: LayerAccount, io: Io, all: boolean): readonly string[] {
  const { statements } = layer
  // What applied, and what nearly did, is shown first when there is no room for all.
  const chosen =
    all || statements.length <= shown.statements
      ? statements
      : [...statements].sort((a, b) => a.failures.length - b.failures.length).slice(0, shown.statements)
  const rest = statements.length - chosen.length
  const title = placeName(layer).replace(/^the /, '')
  const lines = chosen.flatMap((statement, index) => {
    const last = index === chosen.length - 1 && rest === 0
    return statementLines(account, statement, io, last)
  })
  const more = rest > 0 ? [`└─ and ${rest} more that do not apply (all of them: --all)`] : []
  const word = paint(
    io,
    layer.says === 'Allow' ? 'green' : layer.says === 'Deny' ? 'red' : 'yellow',
    says[layer.says],
  )
  const empty = statements.length === 0 ? ['└─ no statements'] : []
  return [`${paint(io, 'bold', title)}: ${word}`, ...lines, ...more, ...empty, '']
}

function statementLines(
  account: Account,
  statement: StatementAccount,
  io: Io,
  last: boolean,
): readonly string[] {
  const [first, ...others] = statement.failures
  const [branch, stem] = last ? ['└─', '  '] : ['├─', '│ ']
  const applies = statement === account.decided ? 'applies, and decides' : 'applies'
  const state = first
    ? paint(io, 'dim', 'does not apply')
    : paint(io, statement.effect === 'Allow' ? 'green' : 'red', applies)
  const head = `${branch} ${statementName(account, statement)}: ${statement.effect} ${state}`
  if (!first) return [head]
  const more = others.length === 0 ? '' : paint(io, 'dim', ` (and ${others.length} more)`)
  return [head, `${stem}    ${failureWords(first, account.entry.request.action)}${more}`]
}

function nearMissLines(account: Account, io: Io, all: boolean): readonly string[] {
  const { nearMisses } = account.explanation
  if (nearMisses.length === 0) return []
  const named = all ? nearMisses : nearMisses.slice(0, shown.nearMisses)
  const rest = nearMisses.length - named.length
  return [
    paint(io, 'bold', 'would have allowed but for one element, nearest first'),
    ...named.flatMap((statement, index) => [
      `  ${index + 1}. ${statementName(account, statement)}`,
      `     ${failureWords(statement.failures[0]!, account.entry.request.action)}`,
    ]),
    ...(rest > 0 ? [`  and ${rest} more (all of them: --all)`] : []),
    '',
  ]
}

function changeLines(account: Account, io: Io): readonly string[] {
  const { changes } = account.explanation
  if (changes.length === 0) return []
  return [
    paint(io, 'bold', 'the smallest change that would allow'),
    ...changes.flatMap((change, index) => [
      `  ${index + 1}. ${changeWords(change)}${lifted(account, change)}${widened(account, change)}`,
      ...(change.change === 'allow'
        ? JSON.stringify(change.statement, null, 2)
            .split('\n')
            .map((line) => `     ${line}`)
        : []),
    ]),
  ]
}

function lifted(account: Account, change: Change): string {
  if (change.change !== 'lift') return ''
  const statement = account.explanation.layers
    .flatMap(({ statements }) => statements)
    .find((one) => one.applied && one.policy === change.policy && one.statement === change.statement)
  return statement ? ` (${statementName(account, statement)})` : ''
}

/** A statement that could be widened in place of adding one. */
function widened(account: Account, change: Change): string {
  const near = change.change === 'allow' ? change.near[0] : undefined
  return near ? `, or widen ${statementName(account, near)}` : ''
}

/** The account as one JSON value, documents by the names of their files. */
export function explanationJson(account: Account): object {
  const { decision, layers, nearMisses, changes } = account.explanation
  const { language, request } = account.entry
  const named = (policy: string | undefined) =>
    policy === undefined ? {} : { policy: account.labelOf(policy) }
  const statement = (one: StatementAccount) => ({
    ...one,
    ...named(one.policy),
    ...(account.placeOf(one).line !== undefined && { line: account.placeOf(one).line }),
  })
  return {
    language,
    request,
    absentFacts: absentFacts(account.entry),
    decision: { ...decision, ...named(decision.policy) },
    layers: layers.map((layer) => ({ ...layer, statements: layer.statements.map(statement) })),
    nearMisses: nearMisses.map(statement),
    changes: changes.map((change) =>
      change.change === 'lift'
        ? { ...change, ...named(change.policy) }
        : change.change === 'allow'
          ? { ...change, near: change.near.map(statement) }
          : change,
    ),
  }
}
