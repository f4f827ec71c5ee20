/** Tags by key, of any entity that has some. Which keys and values are allowed, each product says. */
export type Tags = ReadonlyMap<string, string>

export const NO_TAGS: Tags = new Map()

/** A tag of a request, as each call of the wires spells it; without a value it has an empty one. */
export type TagEntry =
  | { readonly Key: string; readonly Value?: string }
  | { readonly TagKey: string; readonly TagValue?: string }

export function tagOf(entry: TagEntry): { readonly key: string; readonly value: string } {
  return 'Key' in entry
    ? { key: entry.Key, value: entry.Value ?? '' }
    : { key: entry.TagKey, value: entry.TagValue ?? '' }
}

/** The tags of a request; of a key that comes twice, the last. */
export function tagsOf(entries: readonly TagEntry[]): Tags {
  return new Map(entries.map(tagOf).map(({ key, value }) => [key, value]))
}

/** Tags from their column. */
export function readTags(text: string): Tags {
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>))
}

/** Tags for their column: JSON text in the order of their keys, so that equal tags are equal texts. */
export function writeTags(tags: Tags): string {
  return JSON.stringify(Object.fromEntries([...tags].sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** The tags with more added; a key that is there gets the new value. */
export function withTags(tags: Tags, added: Tags): Tags {
  return new Map([...tags, ...added])
}

/** The tags without those keys; one that is not there is no mistake. */
export function withoutTags(tags: Tags, keys: readonly string[]): Tags {
  const rest = new Map(tags)
  for (const key of keys) rest.delete(key)
  return rest
}

/** Whether a tag has this key and this value; any value when none is given. */
export function hasTag(tags: Tags, key: string, value?: string): boolean {
  return value === undefined ? tags.has(key) : tags.get(key) === value
}

/** Whether one and the same tag has a wanted key and a wanted value. Undefined: any. */
export function hasOneOf(
  tags: Tags,
  keys: ReadonlySet<string> | undefined,
  values: ReadonlySet<string> | undefined,
): boolean {
  if (!keys && !values) return true
  for (const [key, value] of tags) if ((keys?.has(key) ?? true) && (values?.has(value) ?? true)) return true
  return false
}
