import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Call, Model, Shape } from './models.ts'

// Makes cases/models from a folder with the vendor's own models of its products:
//
//   node scripts/run.mjs packages/server/test/conformance/transcribe.ts FOLDER
//
// Names, types, limits and codes alone: one line a call.

interface Given {
  readonly type: string
  readonly required?: boolean | readonly string[]
  readonly properties?: Readonly<Record<string, Given>>
  readonly additionalProperties?: object
  readonly items?: Given
  readonly enum?: readonly string[]
  readonly enumValueTitles?: readonly string[]
  readonly minimum?: string
  readonly maximum?: string
  readonly maxLength?: number
  readonly maxItems?: number
}
interface GivenCall {
  readonly methods: readonly string[]
  readonly parameters: readonly { readonly name: string; readonly style?: string; readonly schema: Given }[]
  readonly responses: Readonly<Record<string, Given>>
  readonly errorCodes: Readonly<Record<string, readonly string[]>>
}
interface GivenModel {
  readonly product: string
  readonly version: string
  readonly apis: Readonly<Record<string, GivenCall>>
}

function shapeOf(given: Given, style?: string): Shape {
  const values = given.enum ?? given.enumValueTitles ?? []
  return {
    type: given.type as Shape['type'],
    ...(given.required === true && { required: true }),
    // As text, but meant as JSON; or one parameter an item.
    ...(style !== undefined && { style }),
    ...(values.length > 0 && { enum: values.map((value) => value.trim()) }),
    ...(given.minimum !== undefined && { minimum: Number(given.minimum) }),
    ...(given.maximum !== undefined && { maximum: Number(given.maximum) }),
    ...(given.maxLength !== undefined && { maxLength: given.maxLength }),
    ...(given.maxItems !== undefined && { maxItems: given.maxItems }),
    ...(given.items && { items: shapeOf(given.items) }),
    ...(given.properties && { members: membersOf(given.properties) }),
  }
}

function membersOf(properties: Readonly<Record<string, Given>>): Record<string, Shape> {
  return Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, shapeOf(member)]))
}

function callOf(given: GivenCall): Call {
  const [answer] = Object.entries(given.responses).filter(([status]) => status.startsWith('2'))
  return {
    parameters: Object.fromEntries(given.parameters.map((one) => [one.name, shapeOf(one.schema, one.style)])),
    answer: answer?.[1].properties ? membersOf(answer[1].properties) : {},
    codes: Object.fromEntries(
      Object.entries(given.errorCodes).flatMap(([status, codes]) =>
        codes.map((code) => [code, Number(status)]),
      ),
    ),
  }
}

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('which folder?')
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const given = JSON.parse(readFileSync(join(folder, file), 'utf8')) as GivenModel
  const calls: Model['calls'] = Object.fromEntries(
    Object.entries(given.apis).map(([name, call]) => [name, callOf(call)]),
  )
  const lines = Object.entries(calls).map(([name, call]) => `"${name}": ${JSON.stringify(call)}`)
  const { product, version } = given
  const head = `"product": ${JSON.stringify(product)}, "version": ${JSON.stringify(version)}`
  const target = new URL(`../../cases/models/${file}`, import.meta.url)
  writeFileSync(target, `{${head}, "calls": {\n${lines.join(',\n')}\n}}\n`)
  console.log(`${file}: ${lines.length} calls`)
}
