import { describe, expect, it } from 'vitest'
import { readAuthorization } from './authorization.ts'

const read = { signer: 'id', signedHeaders: 'a;b', signature: 's' }

describe('the parts of an Authorization header', () => {
  it.each([
    'Credential=id,SignedHeaders=a;b,Signature=s',
    ' Signature = s , Credential=id,  SignedHeaders=a;b ',
  ])('are read in any order: %s', (text) => {
    expect(readAuthorization(text, 'Credential')).toEqual(read)
    expect(readAuthorization(text.replace('Credential', 'Access'), 'Access')).toEqual(read)
    expect(readAuthorization(text, 'Access')).toBeUndefined()
  })

  it('keep an equals sign of their own', () => {
    expect(readAuthorization('Access=i=d,SignedHeaders=a;b,Signature=s==', 'Access')).toEqual({
      ...read,
      signer: 'i=d',
      signature: 's==',
    })
  })

  it.each([
    '',
    'Credential=id,SignedHeaders=a;b',
    'Credential=id,SignedHeaders=a;b,Signature=',
    'Credential=id,SignedHeaders=a;b,Signature',
    'Credential=id,Credential=id,Signature=s',
    'Credential=id,SignedHeaders=a;b,Signature=s,Signature=s',
    'Credential=id,SignedHeaders=a;b,Signature=s,',
    'credential=id,SignedHeaders=a;b,Signature=s',
    '=id,SignedHeaders=a;b,Signature=s',
    'toString=id,SignedHeaders=a;b,Signature=s',
  ])('are each there once: %s', (text) => {
    expect(readAuthorization(text, 'Credential')).toBeUndefined()
  })
})
