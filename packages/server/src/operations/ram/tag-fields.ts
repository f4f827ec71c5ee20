import { Type } from 'typebox'
import type { Tags as TagMap } from '../../identity/principal.ts'
import { text } from './fields.ts'

/** Tags as lists of roles and policies show them. */
export const Tags = Type.Object({ Tag: Type.Array(Type.Object({ TagKey: text, TagValue: text })) })

export function describeTags(tags: TagMap) {
  return { Tag: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })) }
}

export function tagsFrom(
  list: readonly { readonly Key: string; readonly Value?: string }[] | undefined,
): TagMap | undefined {
  return list && Object.fromEntries(list.map(({ Key, Value = '' }) => [Key, Value]))
}
