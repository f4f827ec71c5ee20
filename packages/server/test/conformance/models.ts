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

/** A method of a REST client. Its parameters are those of path, query and body together; a body that is a list is `items`. */
export interface RestCall extends Call {
  readonly method: string
  /** With placeholders, as the vendor names them. */
  readonly path: string
}

export interface RestModel extends Model {
  readonly calls: Readonly<Record<string, RestCall>>
}

export const alibabaModels: readonly Model[] = PRODUCTS.map((name) =>
  JSON.parse(readFileSync(new URL(`../../cases/models/${name}.json`, import.meta.url), 'utf8')),
)

const REST_PRODUCTS = ['kps-v3', 'iam-v5', 'sts-v1', 'organizations-v1']

type Limits = Pick<Shape, 'maximum' | 'maxItems' | 'maxLength' | 'minimum'>

/** What the vendor's pages say of a parameter beyond the classes of its client: `keypair.name` by product and call. */
const limits = JSON.parse(
  readFileSync(new URL('../../cases/models/huawei-limits.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Limits>>>>>>

function limited(shape: Shape, steps: readonly string[], limit: Limits): Shape {
  const [step, ...rest] = steps
  if (step === undefined) return { ...shape, ...limit }
  if (shape.type === 'array') return { ...shape, items: limited(shape.items!, steps, limit) }
  const inner = shape.members?.[step]
  if (!inner) throw new Error(`no member ${step}`)
  return { ...shape, members: { ...shape.members, [step]: limited(inner, rest, limit) } }
}

function withLimits(model: RestModel): RestModel {
  const given = limits[model.product] ?? {}
  const calls = Object.entries(model.calls).map(([name, call]): [string, RestCall] => {
    const parameters: Record<string, Shape> = { ...call.parameters }
    for (const [path, limit] of Object.entries({ ...given['*'], ...given[name] })) {
      const [first, ...rest] = path.split('.')
      const shape = parameters[first!]
      if (shape) parameters[first!] = limited(shape, rest, limit)
      else if (given[name]?.[path]) throw new Error(`${name}: no parameter ${path}`)
    }
    return [name, { ...call, parameters }]
  })
  return { ...model, calls: Object.fromEntries(calls) }
}

export const huaweiModels: readonly RestModel[] = REST_PRODUCTS.map((name) =>
  withLimits(
    JSON.parse(readFileSync(new URL(`../../cases/models/huawei-${name}.json`, import.meta.url), 'utf8')),
  ),
)

/** What a REST call sends, without the names of its placeholders: `GET /v5/users/{}`. */
export const keyOf = (method: string, path: string): string => `${method} ${path.replace(/\{\w+\}/g, '{}')}`
