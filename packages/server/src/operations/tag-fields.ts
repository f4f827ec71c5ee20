import { Type } from 'typebox'
import type { Tags } from '../base/tags.ts'

const text = Type.String()
/** Tags as answers show them. */
export const ShownTags = Type.Object({ Tag: Type.Array(Type.Object({ TagKey: text, TagValue: text })) })

export function showTags(tags: Tags) {
  return { Tag: [...tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })) }
}
