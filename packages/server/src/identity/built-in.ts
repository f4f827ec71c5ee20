import { hash } from 'node:crypto'
import { type LanguageName, type SystemPolicy, systemPolicy } from '@keyward/policy'

/** What stands in an attachment for a built-in policy: it has no row. */
export function builtInId(language: string, name: string): string {
  return `system/${language}/${name}`
}

/** The same as an id of the Huawei wire: 32 hex digits, the same everywhere and always. */
export function builtInHexId(language: string, name: string): string {
  return hash('sha256', builtInId(language, name)).slice(0, 32)
}

/** The built-in policy that an attachment names; undefined when it names a row. */
export function builtInOf(
  id: string,
): { readonly language: LanguageName; readonly name: string } | undefined {
  const [, language, name] = /^system\/(ram|iam)\/(.+)$/.exec(id) ?? []
  return name === undefined ? undefined : { language: language as LanguageName, name }
}

/** The built-in policy that identities may have under a name. */
export function identityPolicy(language: string, name: string): SystemPolicy | undefined {
  const found = systemPolicy(language as LanguageName, name)
  return found?.type === 'identity' ? found : undefined
}
