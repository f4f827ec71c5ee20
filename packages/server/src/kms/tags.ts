import { type Problem, refuse } from '../base/problem.ts'
import { TAGS_PER_KEY } from './limits.ts'

export interface Tag {
  readonly key: string
  readonly value: string
}

/** Letters, digits and `/ \ _ - . + = : @`, at most 128; a key has one at least (reference: alibaba-kms.md C.4). */
const KEY = /^[\p{L}\p{N}/\\_\-.+=:@]{1,128}$/u
const VALUE = /^[\p{L}\p{N}/\\_\-.+=:@]{0,128}$/u
const RESERVED = /^(aliyun|acs:)/i

/** What each mistake is called where the tags come from. */
export interface TagProblems {
  readonly key: Problem
  readonly value: Problem
  readonly twice: Problem
}

const invalidTags: Problem = { code: 'InvalidParameter', name: 'Tags' }

/** Of the calls that carry tags as one JSON text. */
export const TEXT_PROBLEMS: TagProblems = { key: invalidTags, value: invalidTags, twice: invalidTags }
/** Of the calls that number them. */
export const LIST_PROBLEMS: TagProblems = {
  key: { code: 'InvalidTagKey' },
  value: { code: 'InvalidTagValue' },
  twice: { code: 'DuplicateTagKey' },
}

/** Judges tags of a request. Raises the problem of the first mistake. */
export function assertTags(tags: readonly Tag[], problems: TagProblems): void {
  const seen = new Set<string>()
  for (const { key, value } of tags) {
    if (!KEY.test(key) || RESERVED.test(key)) throw refuse(problems.key)
    if (!VALUE.test(value)) throw refuse(problems.value)
    if (seen.has(key)) throw refuse(problems.twice)
    seen.add(key)
  }
}

/** Tags by key. */
export function tagMap(tags: readonly Tag[]): ReadonlyMap<string, string> {
  return new Map(tags.map(({ key, value }) => [key, value]))
}

/** The tags with more added, a known key overwritten. Raises `LimitExceeded` when they become too many. */
export function withTags(
  tags: ReadonlyMap<string, string>,
  added: readonly Tag[],
): ReadonlyMap<string, string> {
  const all = new Map(tags)
  for (const { key, value } of added) all.set(key, value)
  if (all.size > TAGS_PER_KEY) throw refuse({ code: 'LimitExceeded', what: 'Tag' })
  return all
}

/** The tags without those keys; one that is not there is no mistake. */
export function withoutTags(
  tags: ReadonlyMap<string, string>,
  keys: readonly string[],
): ReadonlyMap<string, string> {
  const rest = new Map(tags)
  for (const key of keys) rest.delete(key)
  return rest
}
