import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../base/problem.ts'
import {
  generateAccessKey,
  openCredential,
  openFingerprint,
  sealSecret,
  secretFingerprint,
} from './access-keys.ts'
import { rootCaller, userCaller } from './callers.ts'
import { newAccountUid, newHexId, newRamId, randomText } from './ids.ts'
import { makeKeyring } from './testing/fixture.ts'

const account = { uid: '1234567890123456', domainId: 'd'.repeat(32), projectId: 'e'.repeat(32), name: 'main' }

describe('ids', () => {
  it('have the shapes that clients know, and never meet', () => {
    const keys = Array.from({ length: 2000 }, generateAccessKey)
    expect(new Set(keys.map((key) => key.id)).size).toBe(2000)
    expect(new Set(keys.map((key) => key.secret)).size).toBe(2000)
    for (const { id, secret } of keys) {
      expect(id).toMatch(/^LTAI[A-Za-z0-9]{20}$/)
      expect(secret).toMatch(/^[A-Za-z0-9]{40}$/)
    }
    expect(newAccountUid()).toMatch(/^[1-9][0-9]{15}$/)
    expect(newRamId()).toMatch(/^[1-9][0-9]{17}$/)
    expect(newHexId()).toMatch(/^[0-9a-f]{32}$/)
  })

  it('use every character of the alphabet about evenly', () => {
    const counts = new Map<string, number>()
    for (const c of randomText(26_000, 'abcdefghijklmnopqrstuvwxyz')) counts.set(c, (counts.get(c) ?? 0) + 1)
    expect(counts.size).toBe(26)
    // 1000 expected; 200 is more than six standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200)
  })
})

describe('a sealed secret', () => {
  const keyring = makeKeyring()
  const owner = { accountUid: account.uid, userId: null, accessKeyId: 'LTAI1' }
  const caller = rootCaller(account, 'LTAI1')

  it('signs like the secret it was, for every kind of signature', () => {
    const sealedSecret = sealSecret(keyring, owner, 'the-secret')
    expect(Buffer.from(sealedSecret).includes('the-secret')).toBe(false)
    const credential = openCredential(keyring, { sealedSecret, active: true }, caller)
    const mac = (key: Parameters<typeof createHmac>[1], data = 'text') =>
      createHmac('sha256', key).update(data).digest('hex')
    expect(mac(credential.secret)).toBe(mac('the-secret'))
    expect(mac(credential.secretAmpersand)).toBe(mac('the-secret&'))
    expect(mac(credential.secretV4)).toBe(mac('aliyun_v4the-secret'))
    expect(credential).toMatchObject({ id: 'LTAI1', active: true, caller })
    expect(Object.isFrozen(credential)).toBe(true)
    expect(JSON.stringify(credential)).not.toContain('the-secret')
  })

  it('of a user does not open as one of root or of another user', () => {
    const user = { id: 'f'.repeat(32), ramId: '2'.repeat(18), name: 'alice' }
    const sealedSecret = sealSecret(keyring, { ...owner, userId: user.id }, 'the-secret')
    const stored = { sealedSecret, active: true }
    expect(openCredential(keyring, stored, userCaller(account, user, 'LTAI1')).active).toBe(true)
    expect(() => openCredential(keyring, stored, caller)).toThrow(Refusal)
    const other = { ...user, id: '0'.repeat(32) }
    expect(() => openCredential(keyring, stored, userCaller(account, other, 'LTAI1'))).toThrow(Refusal)
  })

  it('does not open under another id, in another account or with another root key', () => {
    const sealedSecret = sealSecret(keyring, owner, 'the-secret')
    const stored = { sealedSecret, active: true }
    const elsewhere = { ...account, uid: '6543210987654321' }
    expect(() => openCredential(keyring, stored, rootCaller(account, 'LTAI2'))).toThrow(Refusal)
    expect(() => openCredential(keyring, stored, rootCaller(elsewhere, 'LTAI1'))).toThrow(Refusal)
    expect(() => openCredential(makeKeyring(), stored, caller)).toThrow(Refusal)
  })

  it('is compared by a fingerprint', () => {
    const sealed = sealSecret(keyring, owner, 'the-secret')
    expect(openFingerprint(keyring, owner, sealed)).toBe(secretFingerprint('the-secret'))
    expect(openFingerprint(keyring, owner, sealed)).not.toBe(secretFingerprint('another'))
  })
})

describe('a caller', () => {
  it('has the names of both clouds', () => {
    expect(rootCaller(account, 'A')).toEqual({
      account,
      kind: 'root',
      name: 'root',
      ramId: account.uid,
      iamId: account.domainId,
      arn: 'acs:ram::1234567890123456:root',
      urn: `iam::${account.domainId}:root`,
      accessKeyId: 'A',
    })
    expect(
      userCaller(account, { id: 'f'.repeat(32), ramId: '2'.repeat(18), name: 'al ice' }, 'A'),
    ).toMatchObject({
      kind: 'user',
      arn: 'acs:ram::1234567890123456:user/al ice',
      urn: `iam::${account.domainId}:user:al ice`,
    })
  })
})
