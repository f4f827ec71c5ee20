import {
  didYouMean,
  globalConditionKeys,
  type LanguageName,
  languageInfo,
  services,
  systemPolicies,
} from '@keyward/policy'
import type { Command } from '../command.ts'
import { misused } from '../exit.ts'
import { fold } from '../help.ts'
import { type Io, json, paint } from '../io.ts'
import {
  acceptedBy,
  type actionEntry,
  type Entry,
  type keyEntry,
  keySpelling,
  knownNames,
  lookUp,
} from './catalogue-view.ts'
import { givenLanguage, languageFlag, languageNames } from './kind.ts'

/** Shows what is known of actions and condition keys. */
export const policyReference: Command = {
  name: 'policy reference',
  usage: '[ACTION|KEY] [FLAGS]',
  about:
    'Shows what policies can name: actions with their access level, resource types (`*`: required), condition keys, other names, the API operations they are checked for and the actions that those may need besides; condition keys with their type, values, and the policy types that accept them; built-in policies. Without a name it lists everything. A name may be a pattern, a service, an API operation or a name from legacy policies.\nThe same stands in docs/reference.',
  examples: [
    ['keyward policy reference kms:Decrypt', 'an action'],
    ['keyward policy reference kms:tag', 'a condition key'],
    ["keyward policy reference 'kps:*:list'", 'every action that fits'],
    ['keyward policy reference --language iam --json', 'the catalogue of a language, for a program'],
  ],
  flags: [
    { ...languageFlag, description: 'Only this language; both when not given.' },
    { name: 'json', type: 'switch', description: 'Print JSON.' },
  ],
  words: [0, 1],
  async run(line, io) {
    const given = givenLanguage(line)
    const languages = given ? [given] : languageNames
    const [name] = line.words
    if (name === undefined) {
      if (line.has('json')) io.out(json(io, languages.map(catalogue)))
      else for (const language of languages) for (const row of overview(language, io)) io.out(row)
      return 0
    }
    const entries = languages.flatMap((language) => lookUp(language, name))
    if (entries.length === 0) {
      const known = languages.flatMap(knownNames)
      throw misused(`nothing is known of \`${name}\`${didYouMean(name, known)}`)
    }
    if (line.has('json')) io.out(json(io, entries))
    else
      for (const [index, entry] of entries.entries()) {
        if (index > 0) io.out('')
        for (const row of entryLines(entry, io)) io.out(row)
      }
    return 0
  },
}

/** Everything that is known of a language. */
function catalogue(language: LanguageName) {
  const { policyTypes, operators, qualifiers, ifExists } = languageInfo(language)
  return {
    language,
    services: services(language),
    globalConditionKeys: globalConditionKeys(language),
    policyTypes,
    operators,
    qualifiers,
    ifExists,
    systemPolicies: systemPolicies(language),
  }
}

function overview(language: LanguageName, io: Io): readonly string[] {
  const width = 46
  const heading = (text: string) => ['', paint(io, 'bold', text)]
  const keyRow = (name: string, type: string) => `  ${name.padEnd(width)} ${type}`
  return [
    ...services(language).flatMap(({ code, title, actions, conditionKeys }) => [
      ...heading(`${language}: ${code}, ${title}`),
      ...actions.map((action) => {
        const resources = action.resources.map(({ type, required }) => `${type}${required ? ' *' : ''}`)
        return `  ${action.name.padEnd(width)} ${action.access.padEnd(11)}  ${resources.join(', ') || '-'}`
      }),
      ...conditionKeys.map((key) => keyRow(keySpelling(key), key.type)),
    ]),
    ...heading(`${language}: global condition keys`),
    ...globalConditionKeys(language).map((key) => keyRow(keySpelling(key), key.type)),
    ...heading(`${language}: built-in policies`),
    ...systemPolicies(language).map(({ name, type }) => keyRow(name, type)),
  ]
}

function entryLines(entry: Entry, io: Io): readonly string[] {
  switch (entry.kind) {
    case 'action':
      return actionLines(entry, io)
    case 'condition key':
      return keyLines(entry, io)
    case 'built-in policy': {
      const { name, description, type, document } = entry.policy
      const text = JSON.stringify(JSON.parse(document), null, 2).split('\n')
      return [title(name, entry, io), `  ${description}`, ...rows([['policy type', [type]]], io), ...text]
    }
  }
}

function title(name: string, { kind, language }: Entry, io: Io): string {
  return `${paint(io, 'bold', name)} (${kind}, ${language})`
}

function actionLines(
  { action, resources, ...entry }: ReturnType<typeof actionEntry>,
  io: Io,
): readonly string[] {
  const { name, description, access, conditionKeys, aliases, dependencies, operations } = action
  return [
    title(name, { ...entry, action, resources }, io),
    ...fold(description, io.columns - 2).map((row) => `  ${row}`),
    ...rows(
      [
        ['access', [access]],
        [
          'resources',
          resources.length > 0
            ? resources.map((one) => `${one.name}${one.required ? ' *' : ''}  ${one.template}`)
            : ['- (only `*` hits it)'],
        ],
        ['condition keys', [[...conditionKeys, 'the global ones'].join(', ')]],
        ['other names', aliases],
        ['operations', operations],
        ['may also need', dependencies],
      ],
      io,
    ),
  ]
}

function keyLines({ key, actions, ...entry }: ReturnType<typeof keyEntry>, io: Io): readonly string[] {
  const { description, type, multiValued, values = [], sameValues = [], legacyOnly, unixSeconds } = key
  return [
    title(keySpelling(key), { ...entry, key, actions }, io),
    ...fold(description, io.columns - 2).map((row) => `  ${row}`),
    ...rows(
      [
        [
          'type',
          [
            `${type}${unixSeconds ? ' (also in Unix seconds)' : ''}, ${multiValued ? 'multi' : 'single'}-valued`,
          ],
        ],
        ['values', values.length > 0 ? [values.join(', ')] : []],
        ['the same', sameValues.map((group) => group.join(' = '))],
        ['accepted by', [acceptedBy(entry.language, key) ?? 'every policy type']],
        ['carried by', [key.global ? 'every action' : actions.join(', ')]],
        ['legacy', legacyOnly ? ['only in documents of version 1.1'] : []],
      ],
      io,
    ),
  ]
}

/** Rows with a label before the first line of each; rows without a value are left out. */
function rows(
  list: readonly (readonly [label: string, values: readonly string[]])[],
  io: Io,
): readonly string[] {
  return list.flatMap(([label, values]) =>
    values
      .flatMap((value) => fold(value, io.columns - 18))
      .map((value, index) => `  ${(index === 0 ? label : '').padEnd(15)} ${value}`),
  )
}
