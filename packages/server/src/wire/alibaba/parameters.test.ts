import fc from 'fast-check'
import Type, { type TObject } from 'typebox'
import { describe, expect, it } from 'vitest'
import { encode } from '../percent.ts'
import { RPC } from '../testing/operations.ts'
import { exchangeOf, testWire } from '../testing/world.ts'
import { isFailure } from './failures.ts'
import { inputReader } from './parameters.ts'
import { readRequest, readSignedBody } from './request.ts'
import { flattenParameters } from './sign.ts'

const { wire } = testWire('alibaba')

function requestOf(query: string, body?: { type: string; text: string }) {
  const headers = { 'content-type': body?.type }
  const request = readRequest(
    exchangeOf(wire, { method: 'POST', target: `/?${query}`, headers, body: body?.text }),
    false,
  )
  if (isFailure(request)) throw new Error(request.failure)
  return readSignedBody(request)
}

function queryOf(parameters: Record<string, string>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&')
}

function schemaOf(name: string): TObject {
  return RPC.find(({ operation }) => operation.name === name)!.operation.input
}

const createKey = inputReader(schemaOf('kms:CreateKey'))
const read = (query: string) => createKey(requestOf(query))

describe('parameters', () => {
  const cases: [string, string, Record<string, unknown>][] = [
    ['text', 'Description=a+b%20c%2Bd', { Description: 'a b c+d' }],
    ['a name without a value', 'Description', { Description: '' }],
    ['an integer', 'PageSize=10', { PageSize: 10 }],
    ['a negative integer', 'PageSize=-1', { PageSize: -1 }],
    ['a number', 'Ratio=0.5', { Ratio: 0.5 }],
    ['booleans in any case', 'DryRun=True', { DryRun: true }],
    ['booleans in lower case', 'DryRun=false', { DryRun: false }],
    ['a list', 'ResourceId.1=a&ResourceId.2=b', { ResourceId: ['a', 'b'] }],
    ['a list by number, not by text', 'ResourceId.10=b&ResourceId.9=a', { ResourceId: ['a', 'b'] }],
    ['a list with gaps', 'ResourceId.3=b&ResourceId.1=a', { ResourceId: ['a', 'b'] }],
    ['a list as JSON', 'ResourceId=%5B%22a%22%5D', { ResourceId: ['a'] }],
    [
      'a list of objects',
      'Tag.1.Key=k&Tag.1.Value=v&Tag.2.Key=l',
      { Tag: [{ Key: 'k', Value: 'v' }, { Key: 'l' }] },
    ],
    ['objects in a list as JSON', 'Tag.1=%7B%22Key%22%3A%22k%22%7D', { Tag: [{ Key: 'k' }] }],
    ['a map', 'Context.Project=A&Context.a.b=c', { Context: { Project: 'A', 'a.b': 'c' } }],
    ['a map with encoded names', 'Context.x%2Fy=1', { Context: { 'x/y': '1' } }],
    ['an empty map as none', 'Context=&Description=d', { Description: 'd' }],
    ['an empty map beside its parts as the parts', 'Context=&Context.a=b', { Context: { a: 'b' } }],
    ['a map as JSON', 'Context=%7B%22a%22%3A%22b%22%7D', { Context: { a: 'b' } }],
    ['an object in parts', 'Config.CustomData=x&Config.Size=3', { Config: { CustomData: 'x', Size: 3 } }],
    [
      'no public parameter',
      'Action=X&Format=JSON&RegionId=r&SignatureType=&Description=d',
      { Description: 'd' },
    ],
  ]
  it.each(cases)('reads %s', (_name, query, input) => expect(read(query)).toEqual(input))

  // What cannot be read stays, so that validation can name it.
  const left: [string, string, Record<string, unknown>][] = [
    ['a word for an integer', 'PageSize=ten', { PageSize: 'ten' }],
    ['an integer that is too long', 'PageSize=12345678901234567890', { PageSize: '12345678901234567890' }],
    ['a hex integer', 'PageSize=0x10', { PageSize: '0x10' }],
    ['a word for a boolean', 'DryRun=yes', { DryRun: 'yes' }],
    ['broken JSON', 'Context=%7B', { Context: '{' }],
    [
      'JSON with a member twice',
      'Context=%7B%22a%22:%221%22,%22a%22:%222%22%7D',
      { Context: '{"a":"1","a":"2"}' },
    ],
    ['JSON of another type', 'Context=3', { Context: '3' }],
    ['an unknown name', 'Nothing=1', { Nothing: '1' }],
    ['an unknown dotted name', 'Nothing.1.Key=1', { 'Nothing.1.Key': '1' }],
    ['an index that is none', 'ResourceId.x=1', { 'ResourceId.x': '1', ResourceId: [] }],
    ['index 0', 'ResourceId.0=1', { 'ResourceId.0': '1', ResourceId: [] }],
    ['an index out of bounds', 'ResourceId.9999=1', { 'ResourceId.9999': '1', ResourceId: [] }],
    ['an empty list', 'ResourceId=', { ResourceId: '' }],
    ['parts of plain text', 'Description.1=a', { 'Description.1': 'a' }],
    ['parts of an integer', 'PageSize.1=a', { 'PageSize.1': 'a' }],
    ['a map both whole and in parts', 'Context=%7B%7D&Context.a=b', { Context: null }],
  ]
  it.each(left)('leaves %s', (_name, query, input) => expect(read(query)).toEqual(input))

  it('keeps RegionId where the schema has it', () => {
    expect(inputReader(schemaOf('kms:WithRegion'))(requestOf('RegionId=r'))).toEqual({ RegionId: 'r' })
    const json = { type: 'application/json', text: '{"RegionId":"r","Format":"JSON"}' }
    expect(inputReader(schemaOf('kms:WithRegion'))(requestOf('', json))).toEqual({ RegionId: 'r' })
  })

  it('joins query and form, and a JSON body', () => {
    const form = { type: 'application/x-www-form-urlencoded; charset=utf-8', text: 'Context.a=x+y' }
    expect(createKey(requestOf('Description=d', form))).toEqual({ Description: 'd', Context: { a: 'x y' } })
    const json = {
      type: 'application/json; charset=utf-8',
      text: '{"PageSize":3,"Description":"e","Action":"X"}',
    }
    expect(createKey(requestOf('', json))).toEqual({ PageSize: 3, Description: 'e' })
    expect(createKey(requestOf('Description=d', json))).toEqual({ PageSize: 3, Description: null })
    const empty = { type: 'application/json', text: '{"Context":"","Description":""}' }
    expect(createKey(requestOf('', empty))).toEqual({ Description: '' })
  })

  it('never touches a prototype', () => {
    const input = read('Context.__proto__=x&Context.constructor=y&__proto__=z&Tag.1.__proto__=w')
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype)
    expect(Object.keys(input).sort()).toEqual(['Context', 'Tag', '__proto__'])
    expect(Object.keys(input.Context as object).sort()).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('keeps context names apart that a shallow reader would merge', () => {
    expect(read('Context.a.b=1&Context.a=2')).toEqual({ Context: { 'a.b': '1', a: '2' } })
  })
})

describe('parameters that a client flattens', () => {
  const schema = Type.Object({
    Text: Type.Optional(Type.String()),
    Count: Type.Optional(Type.Integer()),
    Flag: Type.Optional(Type.Boolean()),
    Context: Type.Optional(Type.Record(Type.String(), Type.String())),
    Id: Type.Optional(Type.Array(Type.String())),
    Tag: Type.Optional(Type.Array(Type.Object({ Key: Type.String(), Value: Type.String() }))),
  })
  const text = fc.string({ unit: 'grapheme' })
  const inputs = fc.record(
    {
      Text: text,
      Count: fc.integer(),
      Flag: fc.boolean(),
      Context: fc.dictionary(text, text),
      Id: fc.array(text),
      Tag: fc.array(fc.record({ Key: text, Value: text })),
    },
    { requiredKeys: [] },
  )

  it('are read back as they were, from query and form', () => {
    const reader = inputReader(schema)
    fc.assert(
      fc.property(inputs, (input) => {
        const query = queryOf(flattenParameters(input))
        expect(reader(requestOf(query))).toEqual(input)
        expect(reader(requestOf('', { type: 'application/x-www-form-urlencoded', text: query }))).toEqual(
          input,
        )
        expect(reader(requestOf(query.replaceAll('%20', '+')))).toEqual(input)
      }),
    )
  })
})
