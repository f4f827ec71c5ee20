import { address } from '../condition/address.ts'
import { bool, presence } from '../condition/boolean.ts'
import * as date from '../condition/date.ts'
import * as number from '../condition/number.ts'
import * as string from '../condition/string.ts'
import type { Comparison } from '../condition/types.ts'
import type { Operator } from './types.ts'

type Rows = readonly (readonly [string, Comparison, negated?: 'not'])[]

/** Rows of an operator table: name, comparison, and `not` for the negation of it. */
export function operators(...tables: readonly Rows[]): ReadonlyMap<string, Operator> {
  return new Map(
    tables
      .flat()
      .map(([name, comparison, not]) => [name, Object.freeze({ comparison, negated: not === 'not' })]),
  )
}

/** Operators that both languages spell alike. */
export const common: Rows = [
  ['StringEquals', string.equals],
  ['StringNotEquals', string.equals, 'not'],
  ['StringEqualsIgnoreCase', string.equalsIgnoreCase],
  ['StringNotEqualsIgnoreCase', string.equalsIgnoreCase, 'not'],
  ['DateLessThan', date.dateLess],
  ['DateLessThanEquals', date.dateLessEquals],
  ['DateGreaterThan', date.dateGreater],
  ['DateGreaterThanEquals', date.dateGreaterEquals],
  ['Bool', bool],
  ['IpAddress', address],
  ['NotIpAddress', address, 'not'],
]

/** Numeric operators under the prefix that the language gives them. */
export function numeric(prefix: string): Rows {
  return [
    [`${prefix}Equals`, number.numberEquals],
    [`${prefix}NotEquals`, number.numberEquals, 'not'],
    [`${prefix}LessThan`, number.numberLess],
    [`${prefix}LessThanEquals`, number.numberLessEquals],
    [`${prefix}GreaterThan`, number.numberGreater],
    [`${prefix}GreaterThanEquals`, number.numberGreaterEquals],
  ]
}

/** The glob operators under the word that the language gives them. */
export function globbing(word: string): Rows {
  return [
    [`String${word}`, string.like],
    [`StringNot${word}`, string.like, 'not'],
  ]
}

export const dateEquality: Rows = [
  ['DateEquals', date.dateEquals],
  ['DateNotEquals', date.dateEquals, 'not'],
]

export const nullity: Rows = [['Null', presence]]

/** Only in legacy documents of iam (reference: huawei-iam E). */
export const edges: Rows = [
  ['StringStartWith', string.startsWith],
  ['StringNotStartWith', string.startsWith, 'not'],
  ['StringEndWith', string.endsWith],
  ['StringNotEndWith', string.endsWith, 'not'],
]
