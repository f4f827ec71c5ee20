import {
  type Act,
  type CaseDocument,
  type ContextValue,
  didYouMean,
  type LanguageName,
  type PolicyCase,
  prepareCase,
  systemPolicies,
  systemPolicy,
} from '@keyward/policy'
import { misused } from '../exit.ts'
import type { CommandLine } from '../flags.ts'
import type { Io } from '../io.ts'
import { acts, nameOf, readCases } from './case-file.ts'
import { parseJson, readFiles } from './files.ts'
import { givenLanguage } from './kind.ts'

/** A case put together from flags, and what its documents are called: `identity[0]` is a file. */
export interface GivenCase {
  readonly entry: PolicyCase
  readonly labels: ReadonlyMap<string, string>
}

type Layers = { -readonly [layer in keyof PolicyCase['policies']]: PolicyCase['policies'][layer] }

/** Puts a case together from the flags of `policy explain`. What flags say comes over what `--case` says. */
export async function givenCase(line: CommandLine, io: Io): Promise<GivenCase> {
  const base = await baseCase(line, io)
  const language = chooseLanguage(line, base)
  const resource = line.text('resource') ?? base?.request.resource ?? '*'
  const action = line.text('action') ?? base?.request.action
  if (action === undefined) throw misused('say what is asked: --action ACTION, or --case FILE')
  const resourceAccount = line.text('owner') ?? base?.request.resourceAccount
  const who = principalOf(line, base, language, resource, resourceAccount)
  const labels = new Map<string, string>()
  const given = await givenLayers(line, language, labels, io)
  if (given.resource && given.trust)
    throw misused('a resource has a policy or a trust policy: --resource-policy or --trust')
  const { resource: attached, trust, ...others } = base?.policies ?? {}
  const kept =
    given.resource || given.trust ? {} : { ...(attached && { resource: attached }), ...(trust && { trust }) }
  const policies = { ...others, ...kept, ...given }
  const act = actOf(line) ?? base?.request.act
  const manages = line.has('manages-organization') || base?.request.managesOrganization === true
  return {
    labels,
    entry: {
      language,
      policies,
      request: {
        ...(act && { act }),
        ...who,
        ...(manages && { managesOrganization: true }),
        action,
        resource,
        ...(resourceAccount !== undefined && { resourceAccount }),
        context: { ...base?.request.context, ...facts(line.flags.get('fact') ?? []) },
      },
    },
  }
}

function actOf(line: CommandLine): Act | undefined {
  const given = line.text('act')
  if (given === undefined) return undefined
  const found = acts.find((act) => act === given)
  if (!found) throw misused(`unknown act \`${given}\`${didYouMean(given, acts)}; it is ${acts.join(', ')}`)
  return found
}

async function baseCase(line: CommandLine, io: Io): Promise<PolicyCase | undefined> {
  const name = line.text('case')
  const wanted = line.text('name')
  if (name === undefined) {
    if (wanted !== undefined) throw misused('`--name` picks one of the cases of --case FILE')
    return undefined
  }
  const [file] = await readFiles([name], io)
  const cases = readCases(parseJson(file!), file!.label)
  if (wanted === undefined) {
    if (cases.length === 1) return cases[0]
    throw misused(`\`${file!.label}\` holds ${cases.length} cases; pick one: --name NAME, or --name '#0'`)
  }
  const found = cases.find((entry, index) => nameOf(entry, index) === wanted || wanted === `#${index}`)
  if (found) return found
  throw misused(`\`${file!.label}\` has no case \`${wanted}\`${didYouMean(wanted, cases.map(nameOf))}`)
}

function chooseLanguage(line: CommandLine, base: PolicyCase | undefined): LanguageName {
  const given = givenLanguage(line) ?? base?.language
  if (given) return given
  const names = [line.text('as'), line.text('resource')].filter((one) => one !== undefined)
  if (names.some((name) => name.startsWith('acs:'))) return 'ram'
  if (names.some((name) => /^(iam|sts):/.test(name))) return 'iam'
  return line.text('action')?.split(':').length === 3 ? 'iam' : 'ram'
}

/** How each language names the root identity of an account. */
const rootOf: Readonly<Record<LanguageName, (account: string) => string>> = {
  ram: (account) => `acs:ram::${account}:root`,
  iam: (account) => `iam::${account}:root`,
}

function principalOf(
  line: CommandLine,
  base: PolicyCase | undefined,
  language: LanguageName,
  resource: string,
  owner: string | undefined,
): Pick<PolicyCase['request'], 'principal' | 'root'> {
  const given = line.text('as')
  if (given === undefined && base) {
    const { principal, root } = base.request
    return { principal, ...(root !== undefined && { root }) }
  }
  if (given === undefined) throw misused('say who asks: --as ARN, --as URN or --as root, or --case FILE')
  if (given !== 'root') return { principal: given }
  const account = owner ?? accountOf(language, resource)
  if (account === undefined)
    throw misused(
      'whose root? the resource names no account: --owner ACCOUNT, or the name of the root in full',
    )
  return { principal: rootOf[language](account), root: true }
}

/** The account in a resource's name, as the engine reads it. */
function accountOf(language: LanguageName, resource: string): string | undefined {
  const request = { principal: rootOf[language]('0'), action: '', resource }
  return prepareCase({ language, policies: {}, request }).request.resourceAccount
}

/** `KEY=VALUE` each; a key that comes again has several values. */
export function facts(given: readonly string[]): Record<string, ContextValue> {
  const values = new Map<string, string[]>()
  for (const fact of given) {
    const equals = fact.indexOf('=')
    if (equals < 1) throw misused(`\`${fact}\` is no fact: write --fact KEY=VALUE`)
    const key = fact.slice(0, equals)
    values.set(key, [...(values.get(key) ?? []), fact.slice(equals + 1)])
  }
  return Object.fromEntries([...values].map(([key, list]) => [key, list.length === 1 ? list[0]! : list]))
}

async function givenLayers(
  line: CommandLine,
  language: LanguageName,
  labels: Map<string, string>,
  io: Io,
): Promise<Layers> {
  const layers: Layers = {}
  const load = async (flag: string, where: (file: number, index: number) => string) => {
    const names = line.flags.get(flag)
    if (!names) return undefined
    const files = await documentsOf(names, language, io)
    for (const [file, documents] of files.entries())
      for (const [index, { label }] of documents.entries()) labels.set(where(file, index), label)
    return files.map((documents) => documents.map(({ document }) => document))
  }
  const flat = async (flag: string, layer: string) => {
    let count = 0
    return (await load(flag, () => `${layer}[${count++}]`))?.flat()
  }
  const levels = (flag: string, layer: string) => load(flag, (level, index) => `${layer}[${level}][${index}]`)
  const identity = await flat('identity', 'identity')
  const resource = await flat('resource-policy', 'resource')
  const trust = await flat('trust', 'trust')
  const session = await flat('session', 'session')
  const organization = await levels('organization', 'organization')
  const callerOrganization = await levels('caller-organization', 'callerOrganization')
  if (identity) layers.identity = identity
  if (resource) layers.resource = resource
  if (trust) layers.trust = trust
  if (session) layers.session = session
  if (organization) layers.organization = organization
  if (callerOrganization) layers.callerOrganization = callerOrganization
  return layers
}

interface Named {
  readonly label: string
  readonly document: CaseDocument
}

/** The documents of each file: one, or those of an array; `system:NAME` is a built-in policy. */
async function documentsOf(
  names: readonly string[],
  language: LanguageName,
  io: Io,
): Promise<readonly (readonly Named[])[]> {
  const files = await readFiles(
    names.filter((name) => !name.startsWith('system:')),
    io,
  )
  let next = 0
  return names.map((name) => {
    if (name.startsWith('system:')) return [{ label: name, document: builtIn(language, name.slice(7)) }]
    const file = files[next++]!
    if (!file.text.trimStart().startsWith('[')) return [{ label: file.label, document: file.text }]
    const list = parseJson(file) as readonly CaseDocument[]
    return list.map((document, index) => ({ label: `${file.label}[${index}]`, document }))
  })
}

/** The text of a built-in policy. */
export function builtIn(language: LanguageName, name: string): string {
  const found = systemPolicy(language, name)
  if (found) return found.document
  const known = systemPolicies(language).map((policy) => policy.name)
  throw misused(`the language \`${language}\` has no built-in policy \`${name}\`${didYouMean(name, known)}`)
}
