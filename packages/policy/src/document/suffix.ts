import type { ConditionKeyInfo } from '../service/types.ts'

/** A name behind a key: wanted by some keys, and a mistake behind others. */
export function suffixFault(key: string, { name, suffix }: ConditionKeyInfo): string | undefined {
  const rest = key.slice(name.length)
  if (rest !== '' && !suffix) return `nothing follows \`${name}\`, but \`${key}\` goes on`
  if (rest !== '' && rest[0] !== suffix!.separator)
    return `a name follows \`${name}\` after \`${suffix!.separator}\`, not after \`${rest[0]}\``
  if (rest.length < 2 && suffix && !suffix.optional)
    return `\`${key}\` lacks the name that follows it: \`${name}${suffix.separator}<name>\``
  return undefined
}
