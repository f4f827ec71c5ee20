import { type Act, type ContextValue, didYouMean, type PolicyCase } from '@keyward/policy'
import { misused } from '../exit.ts'
import { languageNames } from './kind.ts'

type Members = Record<string, unknown>

const layers = ['identity', 'resource', 'trust', 'session', 'organization', 'callerOrganization']
export const acts: readonly Act[] = ['call', 'assume', 'veto']
const decisions = ['Allow', 'Deny']
const reasons = ['Allowed', 'ExplicitDeny', 'ImplicitDeny']

/** How many mistakes are reported; a file that is no case file would make thousands. */
const mostShown = 20

/**
 * Reads a case file: one case, or an array of them (the format of `packages/policy/cases`). Members that the format does
 * not have are passed over, except layers: one that is misspelt would change the decision.
 *
 * @throws Stop with every mistake and where it is.
 */
export function readCases(value: unknown, label: string): readonly PolicyCase[] {
  const problems: string[] = []
  const entries = Array.isArray(value) ? value : [value]
  const cases = entries.map((entry, index) => {
    const at = Array.isArray(value) ? `${label}: case ${nameOf(entry, index)}` : label
    return readCase(entry, (problem) => problems.push(`${at}: ${problem}`))
  })
  if (problems.length > mostShown)
    problems.splice(mostShown, Infinity, `and ${problems.length - mostShown} more`)
  if (problems.length > 0) throw misused(problems.join('\n'))
  return cases as readonly PolicyCase[]
}

/** What a case is called: its name, or its number in the file. */
export function nameOf(entry: unknown, index: number): string {
  const name = isMembers(entry) ? entry.name : undefined
  return typeof name === 'string' ? name : `#${index}`
}

/** The case that an entry is; undefined for one that is none, with every mistake reported. */
function readCase(entry: unknown, report: (problem: string) => void): PolicyCase | undefined {
  let wrong = false
  const tell = (problem: string) => {
    wrong = true
    report(problem)
  }
  if (!isMembers(entry)) {
    tell('a case is an object')
    return undefined
  }
  const { name, language, policies, request, expect, reason } = entry
  if (name !== undefined && typeof name !== 'string') tell('`name` is a string')
  if (!languageNames.includes(language as never))
    tell(`\`language\` is ${languageNames.map((one) => `\`${one}\``).join(' or ')}`)
  if (isMembers(policies))
    for (const [layer, value] of Object.entries(policies)) checkLayer(layer, value, tell)
  else tell('`policies` is an object of layers')
  if (![entry.known ?? []].flat().every((one) => typeof one === 'string')) tell('`known` is a list of names')
  oneOf('expect', expect, decisions, tell)
  oneOf('reason', reason, reasons, tell)
  if (!isMembers(request)) {
    tell('`request` is an object')
    return undefined
  }
  for (const member of ['principal', 'action', 'resource'])
    if (typeof request[member] !== 'string') tell(`\`request.${member}\` is a string`)
  for (const flag of ['root', 'serviceLinked', 'managesOrganization'])
    if (request[flag] !== undefined && typeof request[flag] !== 'boolean')
      tell(`\`request.${flag}\` is true or false`)
  oneOf('request.act', request.act, acts, tell)
  if (request.resourceAccount !== undefined && typeof request.resourceAccount !== 'string')
    tell('`request.resourceAccount` is a string')
  const context = readContext(request.context, tell)
  if (wrong) return undefined
  // Every member that the type has was looked at above.
  const read = entry as Members & PolicyCase
  return { ...read, request: { ...read.request, ...(context && { context }) } }
}

function checkLayer(layer: string, value: unknown, tell: (problem: string) => void) {
  if (!layers.includes(layer)) tell(`there is no layer \`${layer}\`${didYouMean(layer, layers)}`)
  else if (!Array.isArray(value)) tell(`\`policies.${layer}\` is a list`)
  else if (layer.toLowerCase().endsWith('organization')) {
    if (!value.every((level) => Array.isArray(level) && level.every(isDocument)))
      tell(`\`policies.${layer}\` is a list of levels, and each a list of documents`)
  } else if (!value.every(isDocument)) tell(`\`policies.${layer}\` is a list of documents`)
}

/** A document: JSON, or the text of it. */
function isDocument(value: unknown): boolean {
  return typeof value === 'string' || isMembers(value)
}

/** Values of condition keys. Numbers and booleans are taken for the texts that they are written as. */
function readContext(value: unknown, tell: (problem: string) => void): Record<string, ContextValue> {
  if (value === undefined) return {}
  if (!isMembers(value)) {
    tell('`request.context` is an object')
    return {}
  }
  const plain = (one: unknown) => ['string', 'number', 'boolean'].includes(typeof one)
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (!(Array.isArray(one) ? one.every(plain) : plain(one)))
        tell(`\`request.context\`: \`${key}\` is a string or a list of strings`)
      return [key, Array.isArray(one) ? one.map(String) : String(one)]
    }),
  )
}

function oneOf(member: string, value: unknown, known: readonly string[], tell: (problem: string) => void) {
  if (value !== undefined && !known.includes(value as string))
    tell(`\`${member}\` is one of ${known.map((one) => `\`${one}\``).join(', ')}`)
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
