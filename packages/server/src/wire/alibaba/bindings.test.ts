import { expect, it } from 'vitest'
import { alibabaBindings } from './bindings.ts'

/** Parameters of the envelope: the wire takes them, so one of an operation by such a name would never arrive. */
const OF_THE_ENVELOPE = [
  'Action',
  'Version',
  'Format',
  'AccessKeyId',
  'Signature',
  'SignatureMethod',
  'SignatureNonce',
  'SignatureVersion',
  'SignatureType',
  'Timestamp',
  'SecurityToken',
]

it.each(alibabaBindings.map(({ operation }) => [operation.name, operation] as const))(
  '%s has no parameter that the envelope takes',
  (_, { input }) => {
    const names = Object.keys((input as { properties?: object }).properties ?? {})
    expect(names.filter((name) => OF_THE_ENVELOPE.includes(name))).toEqual([])
  },
)
