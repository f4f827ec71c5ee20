import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RestCall, Shape } from './models.ts'

// Makes cases/models/huawei-*.json from the sources of the vendor's own client (the folder `services` of its repository for
// Node):
//
//   node scripts/run.mjs packages/server/test/conformance/transcribe-huawei.ts FOLDER
//
// Names, types, enumerations and what is required: one line a call. Limits, which the client has not, are in
// cases/models/huawei-limits.json.

const PRODUCTS = [
  ['Kps', 'kps', 'v3'],
  ['Iam', 'iam', 'v5'],
  ['Sts', 'sts', 'v1'],
  ['Organizations', 'organizations', 'v1'],
] as const

/** Answers by the shape of what a type of the client in this folder is written as. */
function readClasses(folder: string): (type: string, inside?: string) => Shape {
  const open: string[] = []

  function shapeOf(type: string, inside = ''): Shape {
    // Of a list of an enumeration the client says: or a list of texts.
    const list = /^Array<(.*)>$/.exec(type.split(' | Array')[0]!)
    if (list) return { type: 'array', items: shapeOf(list[1]!, inside) }
    if (type === 'string' || type === 'Date') return { type: 'string' }
    if (type === 'number') return { type: 'integer' }
    if (type === 'boolean') return { type: 'boolean' }
    const name = type.split(' ')[0]!
    const values = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(inside)?.[1]
    if (values !== undefined)
      return { type: 'string', enum: [...values.matchAll(/= '([^']*)'/g)].map(([, value]) => value!) }
    if (!/^\w+$/.test(name) || !existsSync(join(folder, `${name}.ts`))) return { type: 'object' }
    // A class may hold itself.
    if (open.includes(name)) return { type: 'object' }
    open.push(name)
    const shape = readClass(readFileSync(join(folder, `${name}.ts`), 'utf8'))
    open.pop()
    return shape
  }

  function readClass(text: string): Shape {
    // The constructor takes what is required.
    const required = /constructor\(([^)]*)\)/.exec(text)?.[1] ?? ''
    const names = [...text.matchAll(/^ {4}(?:public|private) '?([\w-]+)'?\?:/gm)].map(([, name]) => name!)
    // Where the client has an empty class, the vendor has a text.
    if (names.length === 0) return { type: 'string' }
    const members = names.map((name): [string, Shape] => {
      const camel = name.replace(/[_-](\w)/g, (_, letter: string) => letter.toUpperCase())
      const lower = camel[0]!.toLowerCase() + camel.slice(1)
      const written = new RegExp(`with${camel[0]!.toUpperCase()}${camel.slice(1)}\\(\\w+: ([^)]*)\\)`)
      const shape = shapeOf(written.exec(text)?.[1] ?? 'object', text)
      return [name, { ...shape, ...(new RegExp(`\\b${lower}\\?:`).test(required) && { required: true }) }]
    })
    return { type: 'object', members: Object.fromEntries(members) }
  }

  return shapeOf
}

const [services] = process.argv.slice(2)
if (services === undefined) throw new Error('which folder?')
for (const [product, folder, version] of PRODUCTS) {
  const at = join(services, folder, version)
  const shapeOf = readClasses(join(at, 'model'))
  const membersOf = (name: string) => shapeOf(name).members ?? {}
  const text = readFileSync(join(at, `${product}Client.ts`), 'utf8')
  const calls =
    /^ {8}(\w+)\((?:\w+\?: (\w+))?\) \{\s*const options = \{\s*method: "(\w+)",\s*url: "([^"]+)"/gm
  const lines = [...text.matchAll(calls)].map(([, name, request, method, path]) => {
    // How a session proves itself is said once for all calls.
    const { body, 'X-Security-Token': _, ...apart } = request === undefined ? {} : membersOf(request)
    const inPath = [...path!.matchAll(/\{(\w+)\}/g)].map(([, one]) => one!)
    // What is no JSON, the client puts into a member of its own.
    const { body: __, ...answer } = membersOf(`${name![0]!.toUpperCase()}${name!.slice(1)}Response`)
    const call: RestCall = {
      method: method!,
      path: path!,
      parameters: {
        ...apart,
        ...Object.fromEntries(
          inPath
            .filter((one) => one !== 'project_id')
            .map((one) => [one, { ...(apart[one] ?? { type: 'string' }), required: true }]),
        ),
        ...(body?.type === 'array' ? { items: { ...body, required: true } } : (body?.members ?? {})),
      },
      answer,
      codes: {},
    }
    return `"${name}": ${JSON.stringify(call)}`
  })
  const target = new URL(`../../cases/models/huawei-${folder}-${version}.json`, import.meta.url)
  const head = `"product": "${product}", "version": "${version}"`
  writeFileSync(target, `{${head}, "calls": {\n${lines.join(',\n')}\n}}\n`)
  console.log(`${product}: ${lines.length} calls`)
}
