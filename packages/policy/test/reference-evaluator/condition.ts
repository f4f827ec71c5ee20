import { compareDecimals, glob, inBlock, instant, truth } from './values.ts'

/** What an operator says of one request value and one policy value: yes, no, or that the request value is unreadable. */
type Fit = boolean | undefined

/** Positive operators of both languages, without the letters in which they differ. */
function fits(operator: string, value: string, wanted: string, unixSeconds: boolean): Fit {
  switch (operator) {
    case 'StringEquals':
      return value === wanted
    case 'StringEqualsIgnoreCase':
      return value.toLowerCase() === wanted.toLowerCase()
    case 'StringLike':
    case 'StringMatch':
      return glob(wanted, value)
    case 'StringStartWith':
      return value.slice(0, wanted.length) === wanted
    case 'StringEndWith':
      return wanted === '' || value.slice(-wanted.length) === wanted
    case 'Bool': {
      const actual = truth(value)
      return actual === undefined ? undefined : actual === truth(wanted)
    }
    case 'IpAddress':
      return inBlock(value, wanted)
  }
  const ordered =
    /^(Numeric|Number|Date)(Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)$/.exec(operator)
  if (!ordered) throw new Error(`no operator ${operator}`)
  let order: number | undefined
  if (ordered[1] === 'Date') {
    const actual = instant(value, unixSeconds)
    const limit = instant(wanted, unixSeconds)!
    order = actual === undefined ? undefined : actual < limit ? -1 : actual > limit ? 1 : 0
  } else order = compareDecimals(value, wanted)
  if (order === undefined) return undefined
  if (ordered[2] === 'Equals') return order === 0
  if (ordered[2] === 'LessThan') return order < 0
  if (ordered[2] === 'LessThanEquals') return order <= 0
  if (ordered[2] === 'GreaterThan') return order > 0
  return order >= 0
}

/** The positive operator behind a negated name, or the name itself. */
function positive(operator: string): { operator: string; negated: boolean } {
  const known: Record<string, string> = {
    StringNotEquals: 'StringEquals',
    StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
    StringNotLike: 'StringLike',
    StringNotMatch: 'StringMatch',
    StringNotStartWith: 'StringStartWith',
    StringNotEndWith: 'StringEndWith',
    NumericNotEquals: 'NumericEquals',
    NumberNotEquals: 'NumberEquals',
    DateNotEquals: 'DateEquals',
    NotIpAddress: 'IpAddress',
  }
  const plain = known[operator]
  return plain ? { operator: plain, negated: true } : { operator, negated: false }
}

/** Both spellings of a key usage. */
function spellings(key: string, value: string): string[] {
  if (key !== 'kms:keyusage') return [value]
  if (value === 'ENCRYPT_DECRYPT' || value === 'ENCRYPT/DECRYPT')
    return ['ENCRYPT_DECRYPT', 'ENCRYPT/DECRYPT']
  if (value === 'SIGN_VERIFY' || value === 'SIGN/VERIFY') return ['SIGN_VERIFY', 'SIGN/VERIFY']
  if (value === 'GENERATE_VERIFY_MAC' || value === 'GENERATE/VERIFY_MAC')
    return ['GENERATE_VERIFY_MAC', 'GENERATE/VERIFY_MAC']
  return [value]
}

export interface ConditionQuestion {
  readonly language: 'ram' | 'iam'
  readonly effect: 'Allow' | 'Deny'
  readonly operator: string
  /** Name in lower case. */
  readonly key: string
  /** Values of the policy. */
  readonly wanted: readonly string[]
  /** Values of the request; undefined: the key is absent. */
  readonly actual: readonly string[] | undefined
}

/** Whether one key under one operator is met. */
export function conditionMet(question: ConditionQuestion): boolean {
  const { language, effect, key, wanted } = question
  const deny = effect === 'Deny'
  let name = question.operator
  let qualifier = ''
  if (name.startsWith('ForAnyValue:')) {
    qualifier = 'any'
    name = name.slice('ForAnyValue:'.length)
  } else if (name.startsWith('ForAllValues:')) {
    qualifier = 'all'
    name = name.slice('ForAllValues:'.length)
  }
  const ifExists = name.endsWith('IfExists')
  if (ifExists) name = name.slice(0, -8)
  const actual = question.actual && question.actual.length > 0 ? question.actual : undefined

  if (name === 'Null') return wanted.some((value) => truth(value) === (actual === undefined))

  const { operator, negated } = positive(name)
  if (actual === undefined) {
    if (ifExists) return true
    if (qualifier === 'any') return false
    if (qualifier === 'all') return deny
    if (!negated) return false
    return language === 'ram' ? true : deny
  }

  const verdicts: boolean[] = []
  for (const value of actual) {
    let one = false
    for (const spelling of spellings(key, value)) {
      for (const want of wanted) {
        const fit = fits(operator, spelling, want, key === 'kms:validto')
        // A request value that cannot be read: met in a Deny, not met in an Allow.
        if (fit === undefined) return deny
        if (fit) one = true
      }
    }
    verdicts.push(negated ? !one : one)
  }
  if (qualifier === 'any') return verdicts.some((v) => v)
  if (qualifier === 'all') return verdicts.every((v) => v)
  if (language === 'ram') return negated ? verdicts.every((v) => v) : verdicts.some((v) => v)
  return deny ? verdicts.some((v) => v) : verdicts.every((v) => v)
}
