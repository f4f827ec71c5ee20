import { type Problem, refuse } from '../base/problem.ts'
import { type TagEntry, type Tags, tagOf } from '../base/tags.ts'
import { TAGS_PER_KEY } from './limits.ts'

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

/** The tags of a request. Raises the problem of the first mistake. */
export function judgeTags(entries: readonly TagEntry[], problems: TagProblems): Tags {
  const tags = new Map<string, string>()
  for (const { key, value } of entries.map(tagOf)) {
    if (!KEY.test(key) || RESERVED.test(key)) throw refuse(problems.key)
    if (!VALUE.test(value)) throw refuse(problems.value)
    if (tags.has(key)) throw refuse(problems.twice)
    tags.set(key, value)
  }
  return tags
}

/** Raises `LimitExceeded` when these are too many for one key or secret. */
export function assertTagQuota(tags: Tags): Tags {
  if (tags.size > TAGS_PER_KEY) throw refuse({ code: 'LimitExceeded', what: 'Tag' })
  return tags
}
