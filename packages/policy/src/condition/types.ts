/** What a policy value or a request value is not, when it cannot be read as the operator's type. */
export type ValueKind = 'string' | 'number' | 'date' | 'boolean' | 'address' | 'presence'

/** How values of one condition key are to be read, where that is special to the key. */
export interface ValueReading {
  /** Date operators read a whole number as Unix seconds. */
  readonly unixSeconds?: boolean
}

/** Whether one request value fits; `undefined` when it cannot be read as the operator's type. */
export type ValueTest = (value: string) => boolean | undefined

/** One way to compare, before negation, qualifiers and suffixes. */
export interface Comparison {
  readonly kind: ValueKind
  /** Whether `*` and `?` in its policy values are wildcards. */
  readonly wildcards?: boolean
  /** Whether a policy value can be read. */
  readable(policyValue: string, reading: ValueReading): boolean
  /** Fits when one of the policy values does. INVARIANT: every policy value is readable. */
  compile(policyValues: readonly string[], reading: ValueReading): ValueTest
}
