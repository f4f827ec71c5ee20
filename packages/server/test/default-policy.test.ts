import { expect, it } from 'vitest'
import { startService } from './service.ts'

// A key and a secret that were made without a policy: whom their policy lets in, by the setting.

it.each([
  ['names the account alone, and the policies of users govern', [], 'root', 403],
  [
    'is the cloud’s text with --cloud-default-policy, and lets in every user',
    ['cloud-default-policy'],
    '*',
    200,
  ],
] as const)('the default policy %s', async (_what, switches, named, status) => {
  const service = await startService({ switches: [...switches] })
  try {
    const { root } = service
    const nobody = await service.user('nobody')
    const key = await service.call(root, 'kms:CreateKey', {})
    const { KeyId } = key.body.KeyMetadata as { KeyId: string }
    const secret = { SecretName: 'plain', SecretData: 'one', VersionId: 'v1' }
    expect((await service.call(root, 'kms:CreateSecret', secret)).status).toBe(200)
    const policies = [
      await service.call(root, 'kms:GetKeyPolicy', { KeyId }),
      await service.call(root, 'kms:GetSecretPolicy', { SecretName: 'plain' }),
    ]
    for (const { body } of policies) {
      const [statement] = JSON.parse(String(body.Policy)).Statement
      expect(statement.Principal).toEqual({ RAM: [`acs:ram::${root.accountUid}:${named}`] })
    }
    const used = [
      await service.call(nobody, 'kms:Encrypt', { KeyId, Plaintext: 'aGVsbG8=' }),
      await service.call(nobody, 'kms:GetSecretValue', { SecretName: 'plain' }),
    ]
    expect(used.map((answer) => answer.status)).toEqual([status, status])
  } finally {
    await service.close()
  }
})
