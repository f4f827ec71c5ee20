import { expect, it } from 'vitest'
import { type Credential, startService } from './service.ts'

it('shows when keys, secrets, access keys and roles were last used, of the account alone, also after a restart', async () => {
  const first = await startService()
  const { data, root } = first
  const { accountUid } = root
  const ok = async (kit: typeof first, who: Credential, name: string, input: object) => {
    const { body, status } = await kit.call(who, name, input as Record<string, unknown>)
    if (status !== 200) throw new Error(`${name}: ${JSON.stringify(body)}`)
    return body
  }
  const keyId = async () =>
    ((await ok(first, root, 'kms:CreateKey', {})).KeyMetadata as { KeyId: string }).KeyId
  const [used, unused, seen] = [await keyId(), await keyId(), await keyId()]
  await ok(first, root, 'kms:Encrypt', { KeyId: used, Plaintext: 'aGVsbG8=' })
  await ok(first, root, 'kms:DescribeKey', { KeyId: seen })
  for (const SecretName of ['read', 'unread'])
    await ok(first, root, 'kms:CreateSecret', { SecretName, SecretData: 'x', VersionId: 'v1' })
  await ok(first, root, 'kms:GetSecretValue', { SecretName: 'read' })
  const user = await first.user('ann', {
    ram: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: ['sts:*', 'keyward:*'], Resource: '*' }] }],
  })
  const trust = (who: string) => ({
    ram: {
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${accountUid}:${who}`] } },
      ],
    },
  })
  await first.apply({
    accounts: [
      {
        uid: accountUid,
        roles: [
          { name: 'worn', trust: trust('user/ann') },
          { name: 'new', trust: trust('root') },
        ],
      },
      {
        uid: '1000000000000077',
        name: 'other',
        users: [
          {
            name: 'z',
            policies: { ram: ['AdministratorAccess'] },
            accessKeys: [{ id: 'LTAIzzzzzzzzzzzzzzzz', secret: 's'.repeat(30) }],
          },
        ],
      },
    ],
  })
  const RoleArn = `acs:ram::${accountUid}:role/worn`
  const opened = await ok(first, user, 'sts:AssumeRole', { RoleArn, RoleSessionName: 'session' })
  // A call that is refused, and one that is only decided, use nothing.
  expect((await first.call(user, 'kms:Encrypt', { KeyId: unused, Plaintext: 'aGVsbG8=' })).status).toBe(403)
  expect(opened.Credentials).toBeDefined()
  const begun = Date.now()
  // What is noted is written down when the process stops.
  await first.service.close()
  const kit = await startService({ data, root })
  type Use = { Resource: string; Name: string; CreatedAt: string; LastUsedAt: string }
  const list = async (Kind: string, more: object = {}, who: Credential = root) => {
    const { Uses } = await ok(kit, who, 'keyward:ListLastUses', { Kind, ...more })
    return Uses as Use[]
  }
  const names = (uses: Use[]) => uses.map(({ Resource }) => Resource.split('/').at(-1)).sort()
  const never = async (kind: string) =>
    names((await list(kind)).filter(({ LastUsedAt }) => LastUsedAt === ''))
  expect(await never('key')).toEqual([unused, seen].sort())
  expect(await never('secret')).toEqual(['unread'])
  expect(await never('role')).toEqual(['new'])
  expect(await never('access-key')).toEqual([])
  const [one] = (await list('key')).filter(({ LastUsedAt }) => LastUsedAt !== '')
  expect(Date.parse(one!.LastUsedAt)).toBeGreaterThan(begun - 60_000)
  expect(names(await list('secret', { UnusedSince: new Date(begun - 3_600_000).toISOString() }))).toEqual([
    'unread',
  ])
  // Page by page, each once.
  const pages: string[] = []
  let Marker: string | undefined
  do {
    const body = await ok(kit, root, 'keyward:ListLastUses', {
      Kind: 'key',
      MaxItems: 1,
      ...(Marker && { Marker }),
    })
    pages.push(...(body.Uses as Use[]).map(({ Resource }) => Resource))
    Marker = body.NextMarker as string | undefined
  } while (Marker !== undefined)
  expect(new Set(pages).size).toBe(pages.length)
  expect(pages.filter((page) => [used, unused, seen].some((id) => page.endsWith(id)))).toHaveLength(3)
  // Another account has its own, and who is not allowed has none.
  const stranger = { accessKeyId: 'LTAIzzzzzzzzzzzzzzzz', accessKeySecret: 's'.repeat(30), projectId: '' }
  expect(await list('key', {}, stranger)).toEqual([])
  const nobody = await kit.user('nobody')
  expect((await kit.call(nobody, 'keyward:ListLastUses', { Kind: 'key' })).status).toBe(403)
  expect((await kit.call(root, 'keyward:ListLastUses', { Kind: 'key', UnusedSince: 'then' })).status).toBe(
    400,
  )
  // A secret that is made anew begins anew.
  await ok(kit, root, 'kms:DeleteSecret', { SecretName: 'read', ForceDeleteWithoutRecovery: 'true' })
  await ok(kit, root, 'kms:CreateSecret', { SecretName: 'read', SecretData: 'y', VersionId: 'v1' })
  expect(await never('secret')).toEqual(['read', 'unread'])
  await kit.close()
  await first.close().catch(() => {})
})
