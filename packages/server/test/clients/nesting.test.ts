import { describe, expect, it } from 'vitest'
import { operations } from '../../src/operations/table.ts'
import { kmsModels } from './alibabaClients.ts'

// The official typed client reads an answer by models of its own; they and the operations' schemas must nest alike.

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** The part of a typed client's model that says how it reads an answer. */
interface Model {
  names(): Record<string, string>
  types(): Record<string, unknown>
}

/** Where a schema nests otherwise than a model reads it. */
function disagreements(path: string, model: Model, { properties = {} }: Schema): string[] {
  const types = model.types()
  return Object.entries(model.names()).flatMap(([field, name]) => {
    const ours = properties[name]
    if (ours === undefined) return name === 'RequestId' ? [] : [`${path}.${name} is missing`]
    return compare(`${path}.${name}`, types[field], ours)
  })
}

function compare(path: string, type: unknown, ours: Schema): string[] {
  if (typeof type === 'function') {
    return ours.type === 'object'
      ? disagreements(path, type as unknown as Model, ours)
      : [`${path} is no object`]
  }
  if (typeof type === 'object' && type !== null) {
    const { itemType } = type as { itemType: unknown }
    return ours.type === 'array' ? compare(`${path}[]`, itemType, ours.items!) : [`${path} is no array`]
  }
  const plain = ours.type !== 'object' && ours.type !== 'array'
  return plain ? [] : [`${path} is no ${type}`]
}

describe('row "typed clients: throw on an object where an array belongs, or the reverse"', () => {
  const models = kmsModels as unknown as Record<string, Model | undefined>
  const modelled = operations.flatMap((operation) => {
    const model = models[`${operation.name.replace(/^kms:/, '')}Response`]
    return model === undefined || operation.refuses
      ? []
      : [[operation.name, model, operation.output] as const]
  })
  it('has models for most calls', () => expect(modelled.length).toBeGreaterThan(30))

  it.each(modelled)('%s answers with the nesting that KMS client 1.2.0 reads', (name, model, output) => {
    expect(disagreements(name, model, output as Schema)).toEqual([])
  })

  it('would be seen here', () => {
    const list = models.ListKeysResponse!
    const flat = { properties: { Keys: { type: 'array', items: { type: 'object' } } } }
    expect(disagreements('x', list, flat)).toContain('x.Keys is no object')
    const single = { properties: { Keys: { type: 'object', properties: { Key: { type: 'object' } } } } }
    expect(disagreements('x', list, single)).toContain('x.Keys.Key is no array')
  })
})
