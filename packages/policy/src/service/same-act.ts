import type { LanguageName } from '../decide/types.ts'
import { sameKmsAction } from './iam/kms.ts'

const otherLanguage: Readonly<Record<LanguageName, LanguageName>> = { ram: 'iam', iam: 'ram' }

const names: Readonly<Record<LanguageName, ReadonlyMap<string, string>>> = {
  ram: new Map(sameKmsAction.map(({ ram, iam }) => [ram.toLowerCase(), iam])),
  iam: new Map(sameKmsAction.map(({ ram, iam }) => [iam.toLowerCase(), ram])),
}
/** As the vendor spells them: what calls ask for again and again. */
const spelled: Readonly<Record<LanguageName, ReadonlyMap<string, string>>> = {
  ram: new Map(sameKmsAction.map(({ ram, iam }) => [ram, iam])),
  iam: new Map(sameKmsAction.map(({ ram, iam }) => [iam, ram])),
}

/** The name under which the other language knows an action on the same key; undefined when it has none. */
export function sameAction(language: LanguageName, action: string): string | undefined {
  return spelled[language].get(action) ?? names[language].get(action.toLowerCase())
}

/** Where the same key stands by the other language: its region, and its account by that language's name. */
export interface SamePlace {
  readonly region: string
  readonly account: string
}

/** How each language names the key of an id, or all keys. */
const keyNames: Readonly<Record<LanguageName, (place: SamePlace, id: string) => string>> = {
  ram: ({ region, account }, id) => `acs:kms:${region}:${account}:key${id === '*' ? '' : `/${id}`}`,
  iam: ({ region, account }, id) => `kms:${region}:${account}:KeyId:${id}`,
}
const keyIds: Readonly<Record<LanguageName, RegExp>> = { ram: /:key\/(.+)$/, iam: /:KeyId:(.+)$/ }

/**
 * The name of the same key in the other language (design, section 5, "One key, two wires"). `*`, all keys, for what names
 * none: the container of keys, and an alias, which the other language does not know.
 */
export function sameKey(language: LanguageName, resource: string, place: SamePlace): string {
  return keyNames[otherLanguage[language]](place, keyIds[language].exec(resource)?.[1] ?? '*')
}
