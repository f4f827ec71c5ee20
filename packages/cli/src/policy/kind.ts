import {
  type DocumentKind,
  didYouMean,
  guessKind,
  type LanguageName,
  languageInfo,
  type PolicyType,
} from '@keyward/policy'
import { misused } from '../exit.ts'
import type { CommandLine, Flag } from '../flags.ts'
import type { GivenFile } from './files.ts'

export const languageNames: readonly LanguageName[] = ['ram', 'iam']

export const languageFlag: Flag = {
  name: 'language',
  type: 'text',
  value: 'ram|iam',
  description: 'The policy language: ram (Alibaba Cloud) or iam (Huawei Cloud). Guessed when not given.',
}

/** The value of `--language`. */
export function givenLanguage(line: CommandLine): LanguageName | undefined {
  const given = line.text('language')
  if (given === undefined) return undefined
  const found = languageNames.find((name) => name === given)
  if (!found)
    throw misused(
      `unknown language \`${given}\`${didYouMean(given, languageNames)}; it is ${languageNames.join(' or ')}`,
    )
  return found
}

export const policyTypes: readonly PolicyType[] = [
  'identity',
  'session',
  'control',
  'key',
  'secret',
  'trust',
  'scp',
]

/** The value of `--type`, which the language, where it is given, has to have. */
export function givenType(line: CommandLine, language: LanguageName | undefined): PolicyType | undefined {
  const given = line.text('type')
  if (given === undefined) return undefined
  const found = policyTypes.find((type) => type === given)
  if (!found)
    throw misused(
      `unknown policy type \`${given}\`${didYouMean(given, policyTypes)}; it is one of ${policyTypes.join(', ')}`,
    )
  if (language && !typesOf(language).includes(found))
    throw misused(
      `the language \`${language}\` has no policy type \`${found}\`; it has ${typesOf(language).join(', ')}`,
    )
  return found
}

export function typesOf(language: LanguageName): readonly PolicyType[] {
  return languageInfo(language).policyTypes.map(({ type }) => type)
}

/** How a document is to be read, and whether someone said so. */
export interface ChosenKind extends DocumentKind {
  readonly guessed: boolean
}

/** `deny-old-tls.control.json`, `web.iam-trust.json`: what the end of a name says of a document. */
const nameEnd = /\.(?:(ram|iam)-)?(identity|session|control|key|secret|trust|scp)\.json$/i

/** The kind of a document: as given, else as its name ends, else as its text looks. */
export function chooseKind(
  file: GivenFile,
  given: { language?: LanguageName | undefined; type?: PolicyType | undefined },
): ChosenKind {
  const [, namedLanguage, namedType] = nameEnd.exec(file.label)?.map((part) => part?.toLowerCase()) ?? []
  // What is no JSON has no looks, and there may be much of it.
  const looks = guessKind(file.text) ?? { language: 'ram', type: 'identity' }
  const language = given.language ?? (namedLanguage as LanguageName | undefined)
  const type = given.type ?? (namedType as PolicyType | undefined)
  const guessed = given.language === undefined || given.type === undefined
  const able = languageNames.filter((name) => (type ? typesOf(name).includes(type) : true))
  const chosen = language ?? (able.includes(looks.language) ? looks.language : able[0]!)
  const types = typesOf(chosen)
  if (type && types.includes(type)) return { language: chosen, type, guessed }
  if (types.includes(looks.type)) return { language: chosen, type: looks.type, guessed }
  // A resource's policy looked at in the other language: what that has with a principal is a trust policy.
  return { language: chosen, type: 'trust', guessed }
}
