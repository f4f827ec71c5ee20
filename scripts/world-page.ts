import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Schema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
}

/** docs/reference/world-file.md: every field of a world file, from its published schema. */
export function worldPage(): string {
  const schema: Schema = JSON.parse(
    readFileSync(join(import.meta.dirname, '../packages/server/world.schema.json'), 'utf8'),
  )
  return `# World file

<!-- Made from packages/server/world.schema.json by \`npm run docs\`; do not edit. -->

What \`keyward apply\` takes, YAML or JSON. [examples/world.yaml](../../examples/world.yaml) and
[examples/organization.yaml](../../examples/organization.yaml) are two; editors complete such a file by the schema. A list
is written \`[]\` behind the name of its field. Required fields are in bold; a field of an object counts where that object is
written.

| Field | Type | Meaning |
|---|---|---|
${rows(schema, '').join('\n')}
`
}

function rows(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    const inner = one.type === 'array' ? (one.items ?? {}) : one
    const path = `${prefix}${name}${one.type === 'array' ? '[]' : ''}`
    const shown = schema.required?.includes(name) ? `**\`${path}\`**` : `\`${path}\``
    const own = `| ${shown} | ${typeOf(one)} | ${meaningOf(one, inner)} |`
    // Folders hold folders: the schema nests as deep as they may.
    return prefix.split('folders[]').length > 2 ? [own] : [own, ...rows(inner, `${path}.`)]
  })
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.type === 'array')
    return `list of ${typeOf(schema.items ?? {})}${schema.maxItems === undefined ? '' : `, at most ${schema.maxItems}`}`
  const range = schema.minimum === undefined ? '' : `, ${schema.minimum} to ${schema.maximum}`
  return `${schema.type ?? 'anything'}${range}`
}

function meaningOf(schema: Schema, inner: Schema): string {
  const words = [schema.description, inner === schema ? undefined : inner.description]
  return words
    .filter((one) => one !== undefined)
    .join(' ')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
}
