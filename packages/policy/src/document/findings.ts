/** One remark on a policy document. `error` refuses the document on write; the others do not. */
export interface Finding {
  /** One of `findingCodes`: stable, upper case. */
  readonly code: string
  readonly severity: 'error' | 'warning' | 'suggestion'
  readonly message: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** Offset and length in UTF-16 units. */
  readonly offset: number
  readonly length: number
}
