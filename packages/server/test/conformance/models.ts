import { readFileSync } from 'node:fs'

// The vendors' own models of their calls: what they take, what they answer, and by which codes they refuse.

export interface Shape {
  readonly type: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string'
  readonly required?: boolean
  readonly style?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly items?: Shape
  /** Of an object; one without has any members. */
  readonly members?: Readonly<Record<string, Shape>>
}

export interface Call {
  readonly parameters: Readonly<Record<string, Shape>>
  readonly answer: Readonly<Record<string, Shape>>
  /** The codes of the call's own page, with their statuses; what all calls share is in `cases/conformance-codes.json`. */
  readonly codes: Readonly<Record<string, number>>
}

export interface Model {
  readonly product: string
  readonly version: string
  readonly calls: Readonly<Record<string, Call>>
}

const PRODUCTS = [
  'kms-2016-01-20',
  'ram-2015-05-01',
  'sts-2015-04-01',
  'ims-2019-08-15',
  'resourcemanager-2020-03-31',
  'resourcedirectorymaster-2022-04-19',
]

export const alibabaModels: readonly Model[] = PRODUCTS.map((name) =>
  JSON.parse(readFileSync(new URL(`../../cases/models/${name}.json`, import.meta.url), 'utf8')),
)
