import {
  type ActionInfo,
  type ConditionKeyInfo,
  findingCodes,
  globalConditionKeys,
  type LanguageName,
  languageInfo,
  type PolicyTypeInfo,
  policySchema,
  type ServiceInfo,
  services,
  systemPolicies,
} from '@keyward/policy'
import { acceptedBy, carriers, keySpelling } from './catalogue-view.ts'
import { languageNames } from './kind.ts'
import { caseSchema, suiteSchema } from './suite-schema.ts'

type Page = readonly [file: string, text: string]

const clouds: Readonly<Record<LanguageName, string>> = { ram: 'Alibaba Cloud RAM', iam: 'Huawei Cloud IAM' }
const made = '<!-- Made from packages/policy/src by `npm run docs`; do not edit. -->'

/** The pages and schemas that are made from the catalogue. */
export function policyPages(): readonly Page[] {
  return [
    ...languageNames.flatMap((language): Page[] => [
      [`docs/reference/actions-${language}.md`, actionsPage(language)],
      [`docs/reference/condition-keys-${language}.md`, keysPage(language)],
      [`docs/reference/policies-${language}.md`, policiesPage(language)],
    ]),
    ['docs/reference/findings.md', findingsPage()],
    ...policySchemas(),
  ]
}

/** A JSON Schema for each policy type, and for the files that `keyward policy test` runs. */
export function policySchemas(): readonly Page[] {
  const text = (schema: object) => `${JSON.stringify(schema, null, 2)}\n`
  const file = (name: string) => `packages/policy/schemas/${name}.schema.json`
  return [
    ...languageNames.flatMap((language) =>
      languageInfo(language).policyTypes.map(
        ({ type }): Page => [file(`${language}-${type}`), text(policySchema(language, type))],
      ),
    ),
    [file('case'), text(caseSchema())],
    [file('suite'), text(suiteSchema())],
  ]
}

const code = (text: string) => `\`${text}\``
const codes = (list: readonly string[]) => list.map(code).join('<br>') || '-'

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n')
}

function actionsPage(language: LanguageName): string {
  const sections = services(language).map((service) => serviceSection(service))
  return `# Actions of ${clouds[language]} policies

${made}

Resource types marked with \`*\` are required: the action is asked for a resource of that type, and a statement that names
resources has to name one. Without the mark, one of them. Where there is none (\`-\`), only \`Resource: "*"\` hits the
action. Beside the condition keys here, every action carries the [global ones](condition-keys-${language}.md#global).
${
  language === 'iam'
    ? 'Aliases are the names by which policies of version 1.1 mean the action.'
    : 'An alias stands for the action in a policy beside its own name.'
} \`keyward policy reference ACTION\` shows one row.

${sections.join('\n\n')}
`
}

function serviceSection({ code: service, title, actions, resourceTypes }: ServiceInfo): string {
  const resources = ({ resources }: ActionInfo) =>
    resources.map(({ type, required }) => `${type}${required ? ' \\*' : ''}`).join('<br>') || '-'
  const rows = actions.map((action) => [
    code(action.name),
    action.description,
    action.access,
    resources(action),
    codes(action.conditionKeys),
    codes(action.aliases),
  ])
  const head = ['Action', 'Description', 'Access', 'Resource type', 'Condition keys', 'Alias']
  const operations = actions.flatMap(({ name, operations, dependencies }) =>
    operations.map((operation) => [code(operation), code(name), codes(dependencies)]),
  )
  const types = resourceTypes.map(({ name, template }) => [name, code(template)])
  return [
    `## ${service}: ${title}`,
    table(head, rows),
    ...(operations.length > 0 ? [table(['API operation', 'Action', 'May also need'], operations)] : []),
    ...(types.length > 0 ? [table(['Resource type', 'Name'], types)] : []),
  ].join('\n\n')
}

function keysPage(language: LanguageName): string {
  const own = services(language).filter(({ conditionKeys }) => conditionKeys.length > 0)
  return `# Condition keys of ${clouds[language]} policies

${made}

A request carries a key only where its action does; for every other action the key counts as absent. Names of keys are read
in any letter case, what follows \`/\` or the second \`:\` is not. An Allow with a key that its policy type does not accept
never matches; a Deny is evaluated.

## Global

Every action carries them.

${keysTable(language, globalConditionKeys(language), false)}

${own
  .map(
    ({ code: service, title, conditionKeys }) =>
      `## ${service}: ${title}\n\n${keysTable(language, conditionKeys, true)}`,
  )
  .join('\n\n')}
`
}

function keysTable(language: LanguageName, keys: readonly ConditionKeyInfo[], service: boolean): string {
  const rows = keys.map((key) => [
    keySpelling(key).split(' or ').map(code).join('<br>'),
    `${key.description}${key.legacyOnly ? ' Only in documents of version 1.1.' : ''}`,
    `${key.type}${key.unixSeconds ? ' (Unix seconds)' : ''}`,
    key.multiValued ? 'multi' : 'single',
    codes(key.values ?? []),
    acceptedBy(language, key) ?? 'all',
    ...(service ? [codes(carriers(language, key))] : []),
  ])
  const head = ['Key', 'Description', 'Type', 'Values at once', 'Documented values', 'Policy types']
  return table([...head, ...(service ? ['Actions'] : [])], rows)
}

function policiesPage(language: LanguageName): string {
  const { policyTypes, operators, qualifiers, ifExists } = languageInfo(language)
  const rows = policyTypes.map((info) => [
    info.type,
    info.versions.map(code).join(', '),
    limitWords(info),
    elementWords(info),
  ])
  const perVersion = Object.entries(operators).map(
    ([version, names]) => `Version ${code(version)}: ${names.map(code).join(', ')}.`,
  )
  const qualified =
    qualifiers.length > 0
      ? ` Before an operator may stand ${qualifiers.map((one) => code(`${one}:`)).join(' or ')}.`
      : ''
  const exists = ifExists ? ' After every operator but `Null` may stand `IfExists`.' : ''
  const builtIn = systemPolicies(language).map(({ name, type, description, document }) =>
    [
      `### ${name}`,
      `${description} Policy type: ${type}.`,
      ['```json', JSON.stringify(JSON.parse(document), null, 2), '```'].join('\n'),
    ].join('\n\n'),
  )
  return `# Policies of ${clouds[language]}

${made}

## Policy types

${table(['Type', 'Version', 'Size', 'Elements of a statement'], rows)}

An editor that reads JSON Schema completes them: \`packages/policy/schemas/${language}-TYPE.schema.json\`
([how](README.md#in-an-editor)).

## Condition operators

${perVersion.join('\n\n')}${qualified || exists ? `\n\n${`${qualified}${exists}`.trim()}` : ''}

## Built-in policies

Attached by name, in an \`apply\` file and as \`system:NAME\` in the tools.

${builtIn.join('\n\n')}
`
}

function limitWords({ limit }: PolicyTypeInfo): string {
  const spacing = limit.spacing === 'ignored' ? ' without spaces' : ''
  return `${limit.size.toLocaleString('en')} ${limit.unit}${spacing}`
}

function elementWords({ elements }: PolicyTypeInfo): string {
  const names = elements.map(({ name, required }) => `${code(name)}${required ? ' \\*' : ''}`)
  return [`${code('Effect')} \\*`, code('Action'), ...names, code('Condition')].join(', ')
}

function findingsPage(): string {
  const rows = Object.entries(findingCodes).map(([name, { severity, meaning }]) => [
    `[${code(name)}](#${name.toLowerCase()})`,
    severity,
    meaning,
  ])
  const sections = Object.entries(findingCodes).map(
    ([name, { severity, meaning, help }]) =>
      `## ${name}\n\n${severity[0]!.toUpperCase()}${severity.slice(1)}: ${meaning}.\n\n${help}\n`,
  )
  return `# Findings

${made}

What there is to say of a policy document, by \`keyward policy check\` and when one is written. Codes are stable. An error
refuses the document; a warning is accepted by the clouds and does not do what it seems to, or lets in more than most
authors mean; a suggestion is worth a second look. \`ALLOWS_EVERYTHING\`, \`ALLOWS_ALL_BUT\` and \`OPEN_TO_EVERYONE\` are told
by \`keyward policy check\` alone.

${table(['Code', 'Severity', 'Meaning'], rows)}

${sections.join('\n')}`
}
