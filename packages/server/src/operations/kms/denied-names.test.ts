import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDiagnosis } from '../../pipeline/diagnosis.ts'
import { type KmsFixture, OTHER, OWN, openKmsFixture, REGION } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const arn = (name: string, uid = OWN.uid) => `acs:kms:${REGION}:${uid}:${name}`
const on = (Effect: string, Resource: string) => ({ Effect, Action: 'kms:*', Resource })
const lastChecks = () => fixture.audited.at(-1)!.checks.map(({ resource }) => resource)

async function denial(action: string, input: object, statements?: readonly object[]) {
  const problem = await fixture.problem(action, input, fixture.user('denied', statements))
  if (problem.code !== 'AccessDenied') throw new Error(JSON.stringify(problem))
  const { diagnostic, ...shown } = problem.denial
  return {
    shown,
    explained: diagnostic === undefined ? undefined : openDiagnosis(fixture.keyring, diagnostic),
  }
}

async function sealed(by = fixture.root) {
  const { KeyId } = (await fixture.ok('CreateKey', {}, by)).KeyMetadata
  const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId, Plaintext: 'x' }, by)
  return { KeyId: KeyId as string, CiphertextBlob: CiphertextBlob as string }
}

describe('a denial', () => {
  it('names an alias, where the audit and the sealed message name its key', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('CreateAlias', { KeyId, AliasName: 'alias/orders' })
    const { explained, shown } = await denial('Encrypt', { KeyId: 'alias/orders', Plaintext: 'x' })
    expect(shown.resource).toBe(arn('alias/orders'))
    expect(lastChecks()).toEqual([arn(`key/${KeyId}`)])
    expect(explained?.resource).toBe(arn(`key/${KeyId}`))
  })

  it('of a ciphertext names no key, whosever it is', async () => {
    const [own, foreign] = [await sealed(), await sealed(fixture.stranger)]
    const unknown = Buffer.from(own.CiphertextBlob, 'base64')
    unknown.write('00000000-0000-4000-8000-000000000000')
    const denials = []
    for (const CiphertextBlob of [own.CiphertextBlob, foreign.CiphertextBlob, unknown.toString('base64')]) {
      denials.push((await denial('Decrypt', { CiphertextBlob })).shown)
    }
    expect(denials[0]).toMatchObject({ resource: arn('key/*'), foreign: false })
    expect(denials).toEqual([denials[0], denials[0], denials[0]])
    await denial('Decrypt', { CiphertextBlob: foreign.CiphertextBlob })
    expect(lastChecks()).toEqual([arn(`key/${foreign.KeyId}`, OTHER.uid)])
    const { explained } = await denial('Decrypt', { CiphertextBlob: foreign.CiphertextBlob })
    expect(JSON.stringify(explained)).not.toContain(foreign.KeyId)
  })

  it('of a foreign ciphertext looks like an unknown one to who may decrypt everything', async () => {
    const all = [on('Allow', '*')]
    const { CiphertextBlob } = await sealed(fixture.stranger)
    expect((await denial('Decrypt', { CiphertextBlob }, all)).shown).toMatchObject({ foreign: true })
  })

  it('says why to those who would be told that there is none', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('CreateAlias', { KeyId, AliasName: 'alias/kept' })
    const statements = [on('Allow', '*'), on('Deny', arn(`key/${KeyId}`))]
    const { shown } = await denial('DescribeKey', { KeyId: 'alias/kept' }, statements)
    expect(shown).toMatchObject({ resource: arn('alias/kept'), reason: 'ExplicitDeny', layer: 'identity' })
  })

  it('does not show that a key policy speaks of the caller to those who would not be allowed without it', async () => {
    const KeyId = await fixture.key()
    const Policy = JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { RAM: [`acs:ram::${OWN.uid}:root`] },
          Action: ['kms:*'],
          Resource: ['*'],
        },
        { Effect: 'Deny', Principal: { RAM: ['*'] }, Action: ['kms:Encrypt'], Resource: ['*'] },
      ],
    })
    await fixture.ok('SetKeyPolicy', { KeyId, Policy })
    const call = { KeyId, Plaintext: 'x' }
    expect((await denial('Encrypt', call)).shown).toMatchObject({ reason: 'ImplicitDeny', layer: 'identity' })
    const { shown } = await denial('Encrypt', call, [on('Allow', '*')])
    expect(shown).toMatchObject({ reason: 'ExplicitDeny', layer: 'resource' })
    expect((await denial('Encrypt', call)).explained).toMatchObject({ layer: 'resource' })
  })
})
