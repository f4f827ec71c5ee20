import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Call, Shape } from './models.ts'

// The model of IAM as it stands in the classes of the vendor's own client: names, types, enumerations, what is required.

/** One method of the client. */
export interface RestCall extends Call {
  readonly name: string
  readonly method: string
  /** With placeholders, as the vendor names them. */
  readonly path: string
}

const folder = join(
  dirname(createRequire(import.meta.url).resolve('@huaweicloud/huaweicloud-sdk-iam/package.json')),
  'v5',
)
const declaration = (name: string) => join(folder, 'model', `${name}.d.ts`)

const shapes = new Map<string, Shape>()

/** The shape of what a type of the client is written as. */
function shapeOf(type: string, inside = ''): Shape {
  const list = /^Array<(.*)>$/.exec(type)
  if (list) return { type: 'array', items: shapeOf(list[1]!, inside) }
  if (type === 'string' || type === 'Date') return { type: 'string' }
  if (type === 'number') return { type: 'integer' }
  if (type === 'boolean') return { type: 'boolean' }
  const name = type.split(' ')[0]!
  const values = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(inside)?.[1]
  if (values !== undefined)
    return { type: 'string', enum: [...values.matchAll(/= "([^"]*)"/g)].map(([, value]) => value!) }
  if (!/^\w+$/.test(name) || !existsSync(declaration(name))) return { type: 'object' }
  return shapes.get(name) ?? readClass(name)
}

function readClass(name: string): Shape {
  const text = readFileSync(declaration(name), 'utf8')
  // The constructor takes what is required.
  const required = /constructor\(([^)]*)\)/.exec(text)?.[1] ?? ''
  const members: Record<string, Shape> = {}
  const shape: Shape = { type: 'object', members }
  // A class may hold itself.
  shapes.set(name, shape)
  // Where the client has an empty class, the vendor has a list of texts that the client leaves open.
  if (/\{\s*constructor\(\);\s*\}/.test(text)) {
    shapes.set(name, { type: 'string' })
    return { type: 'string' }
  }
  for (const [, member] of text.matchAll(
    /^ {4}(?:private )?'?([\w-]+)'?\?: ?[^;]*;|^ {4}private '[\w-]+'\?;/gm,
  ))
    if (member !== undefined) members[member] = { type: 'object' }
  for (const [, member] of text.matchAll(/^ {4}private '([\w-]+)'\?/gm)) members[member!] = { type: 'object' }
  for (const member of Object.keys(members)) {
    const camel = member.replace(/[_-](\w)/g, (_, letter: string) => letter.toUpperCase())
    const written = new RegExp(`with${camel[0]!.toUpperCase()}${camel.slice(1)}\\(\\w+: ([^)]*)\\)`).exec(
      text,
    )
    members[member] = {
      ...shapeOf(written?.[1] ?? 'object', text),
      ...(new RegExp(`\\b${camel}\\?:`).test(required) && { required: true }),
    }
  }
  return shape
}

const membersOf = (name: string): Readonly<Record<string, Shape>> => {
  const shape = shapeOf(name)
  return shape.members ?? {}
}

/** Every method of the client, by what it sends: `GET /v5/users/{}`. */
export function huaweiModel(): ReadonlyMap<string, RestCall> {
  const text = readFileSync(join(folder, 'IamClient.js'), 'utf8')
  const found = new Map<string, RestCall>()
  const calls = /^ {8}(\w+)\((\w+)Request\) \{\s*const options = \{\s*method: "(\w+)",\s*url: "([^"]+)"/gm
  for (const [, name, , method, path] of text.matchAll(calls)) {
    const Name = name![0]!.toUpperCase() + name!.slice(1)
    const { body, ...rest } = membersOf(`${Name}Request`)
    const inPath = [...path!.matchAll(/\{(\w+)\}/g)].map(([, one]) => one!)
    const call: RestCall = {
      name: name!,
      method: method!,
      path: path!,
      parameters: {
        ...rest,
        ...Object.fromEntries(
          inPath.map((one) => [one, { ...(rest[one] ?? { type: 'string' }), required: true }]),
        ),
        ...(body?.type === 'array' ? { items: { ...body, required: true } } : (body?.members ?? {})),
      },
      answer: membersOf(`${Name}Response`),
      codes: {},
    }
    found.set(keyOf(method!, path!), call)
  }
  return found
}

/** What a call sends, without the names of its placeholders. */
export const keyOf = (method: string, path: string): string => `${method} ${path.replace(/\{\w+\}/g, '{}')}`
