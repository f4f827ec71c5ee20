import type fc from 'fast-check'
import type { Kind } from './values.ts'

/** A condition key, the kinds of operators that policies use on it, and one kind of value that requests give it. */
export interface KeyRow {
  readonly name: string
  readonly kinds: readonly Kind[]
  readonly values?: fc.Arbitrary<string>
  readonly multi?: boolean
}

/** What the generator needs to know of a language. */
export interface LanguageRows {
  readonly name: 'ram' | 'iam'
  readonly version: string
  readonly actions: fc.Arbitrary<string>
  readonly actionPatterns: fc.Arbitrary<string>
  readonly legacyPatterns?: fc.Arbitrary<string>
  readonly resources: fc.Arbitrary<string>
  readonly resourcePatterns: fc.Arbitrary<string>
  readonly callers: fc.Arbitrary<{ principal: string; root?: boolean }>
  readonly principals: fc.Arbitrary<unknown>
  readonly keys: readonly KeyRow[]
  readonly operators: Readonly<Record<Kind, readonly string[]>>
  readonly decorate: (operator: string) => fc.Arbitrary<string>
  readonly notResource: boolean
  readonly notPrincipal: boolean
  readonly optionalResource: boolean
  readonly organizationTypes: { readonly denyOnlyConditions: boolean }
}
