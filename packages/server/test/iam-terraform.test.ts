import { afterAll, beforeAll, expect, it } from 'vitest'
import { type GoCaller, golangsdk } from './clients/golangsdk.ts'
import { type Credential, startService, type TestService } from './service.ts'

// The calls that the Terraform provider for Huawei Cloud makes before its first resource and for its resources of IAM v5, in
// its order, with its members, signed as it signs, and with the codes that its functions look for.

let service: TestService
let call: GoCaller
let who: Credential
const GOOD: Readonly<Record<string, readonly number[]>> = {
  GET: [200],
  POST: [200, 201, 202],
  PUT: [200, 201, 202],
  DELETE: [200, 202, 204],
}
beforeAll(async () => {
  service = await startService()
  const all = { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] }
  who = await service.user('terraform', { iam: [all] })
  call = golangsdk(service.url, { ...who, domainId: service.root.domainId })
})
afterAll(() => service.close())

/** A call that the provider takes for well done, by the status that it accepts. */
async function done(method: string, path: string, body?: unknown) {
  const answer = await call(method, path, body)
  expect([path, GOOD[method], answer.body.error_msg]).toEqual([
    path,
    expect.arrayContaining([answer.status]),
    undefined,
  ])
  return answer.body
}
const gone = async (path: string) => expect((await call('GET', path)).status).toBe(404)
const code = async (method: string, path: string, body?: unknown) => {
  const answer = await call(method, path, body)
  return `${answer.status} ${answer.body.error_code}`
}

const trust = () => ({
  Version: '5.0',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['sts:agencies:assume'],
      Principal: { IAM: [service.root.domainId] },
    },
  ],
})
const document = (action: string) =>
  JSON.stringify({ Version: '5.0', Statement: [{ Effect: 'Allow', Action: [action] }] })

it('before the first resource: project, account, and the session of an agency by either call', async () => {
  const { projectId, domainId } = service.root
  const [project] = (await done('GET', '/v3/projects?name=cn-north-4')).projects
  expect(project).toMatchObject({ id: projectId, domain_id: domainId, enabled: true })
  expect((await done('GET', '/v3/projects?name=elsewhere')).projects).toEqual([])
  const [domain] = (await done('GET', '/v3/auth/domains')).domains
  expect(domain).toMatchObject({ id: domainId, enabled: true })
  const { agency } = await done('POST', '/v5/agencies', {
    agency_name: 'provider',
    trust_policy: JSON.stringify(trust()),
  })
  const assumed = await done('POST', '/v5/agencies/assume', {
    agency_urn: agency.urn,
    agency_session_name: 'terraform',
    duration_seconds: 3600,
  })
  const { access_key_id, secret_access_key, security_token } = assumed.credentials
  const older = (more: object) =>
    done('POST', '/v3.0/OS-CREDENTIAL/securitytokens', {
      auth: {
        identity: {
          methods: ['assume_role'],
          assume_role: { agency_name: 'provider', duration_seconds: 3600, ...more },
        },
      },
    })
  const { credential } = await older({ domain_name: domain.name })
  expect(credential.expires_at).toMatch(/^\d{4}-\d\d-\d\dT/)
  await older({ domain_id: domainId })
  for (const session of [
    { accessKeyId: access_key_id, accessKeySecret: secret_access_key, securityToken: security_token },
    {
      accessKeyId: credential.access,
      accessKeySecret: credential.secret,
      securityToken: credential.securitytoken,
    },
  ]) {
    const go = golangsdk(service.url, { ...session, projectId })
    const { body } = await go('GET', '/v5/caller-identity')
    expect(body).toMatchObject({ account_id: domainId, principal_urn: expect.stringContaining(':provider/') })
  }
  const unknown = { agency_urn: `iam::${domainId}:agency:none`, agency_session_name: 'terraform' }
  expect(await code('POST', '/v5/agencies/assume', unknown)).toBe('403 STS5.9001')
  const elsewhere = { ...unknown, agency_urn: `iam::${'a'.repeat(32)}:agency:none` }
  expect(await code('POST', '/v5/agencies/assume', elsewhere)).toBe('403 STS5.9001')
  await done('DELETE', `/v5/agencies/${agency.agency_id}`)
})

it('identityv5_user, _group, _group_membership, _access_key', async () => {
  const { user } = await done('POST', '/v5/users', { name: 'tf_user', enabled: true, description: 'tf' })
  const path = `/v5/users/${user.user_id}`
  expect((await done('GET', path)).user).toMatchObject({
    user_id: user.user_id,
    user_name: 'tf_user',
    enabled: true,
    description: 'tf',
    is_root_user: false,
    urn: user.urn,
    tags: [],
  })
  await done('GET', `${path}/last-login`)
  await done('PUT', path, { new_user_name: 'tf_user_2', new_description: '', enabled: false })
  expect((await done('GET', path)).user).toMatchObject({ user_name: 'tf_user_2', enabled: false })
  expect((await call('GET', `${path}/login-profile`)).body.error_code).toBe('IAM.0004')
  const { group } = await done('POST', '/v5/groups', { group_name: 'tf_group', description: 'tf' })
  const groupPath = `/v5/groups/${group.group_id}`
  await done('POST', `${groupPath}/add-user`, { user_id: user.user_id })
  const members = await done('GET', `/v5/users?group_id=${group.group_id}&limit=100`)
  expect(members.users).toMatchObject([{ user_id: user.user_id }])
  expect(members.page_info.next_marker).toBeUndefined()
  await done('POST', `${groupPath}/remove-user`, { user_id: user.user_id })
  expect(await code('POST', `${groupPath}/remove-user`, { user_id: user.user_id })).toBe('404 PAP5.0012')
  await done('PUT', groupPath, { new_group_name: 'tf_group_2', new_group_description: '' })
  const { access_key } = await done('POST', `${path}/access-keys`)
  expect(access_key.secret_access_key).toEqual(expect.any(String))
  const keyPath = `${path}/access-keys/${access_key.access_key_id}`
  await done('PUT', keyPath, { status: 'inactive' })
  expect((await done('GET', `${path}/access-keys`)).access_keys).toMatchObject([{ status: 'inactive' }])
  await done('GET', `${keyPath}/last-used`)
  await done('DELETE', keyPath)
  await done('DELETE', groupPath)
  await gone(groupPath)
  await done('DELETE', path)
  await gone(path)
  expect(await code('DELETE', path)).toBe('404 PAP5.0012')
})

it('identityv5_policy: a sixth version after the oldest went, attachments, deletion with all versions', async () => {
  const { policy } = await done('POST', '/v5/policies', {
    policy_name: 'tf_policy',
    policy_document: document('kps:SSHKeyPair:get'),
    path: '',
    description: 'tf',
  })
  const path = `/v5/policies/${policy.policy_id}`
  for (let version = 2; version <= 5; version += 1)
    await done('POST', `${path}/versions`, {
      policy_document: document('kps:SSHKeyPair:list'),
      set_as_default: true,
    })
  const sixth = { policy_document: document('kps:SSHKeyPair:create'), set_as_default: true }
  expect(await code('POST', `${path}/versions`, sixth)).toBe('409 PAP5.0028')
  const { versions } = await done('GET', `${path}/versions`)
  const oldest = versions.at(-1).version_id
  expect(oldest).toBe('v1')
  await done('DELETE', `${path}/versions/${oldest}`)
  await done('POST', `${path}/versions`, sixth)
  expect((await done('GET', path)).policy).toMatchObject({ default_version_id: 'v6', attachment_count: 0 })
  const { versions: after } = await done('GET', `${path}/versions`)
  const deciding = after.find((one: { is_default: boolean }) => one.is_default)
  expect(JSON.parse(deciding.document)).toEqual(JSON.parse(sixth.policy_document))
  await done('POST', `${path}/versions/v5/set-default`)

  const { user } = await done('POST', '/v5/users', { name: 'tf_holder', enabled: true })
  const { group } = await done('POST', '/v5/groups', { group_name: 'tf_holders' })
  const { agency } = await done('POST', '/v5/agencies', {
    agency_name: 'tf_agency',
    trust_policy: JSON.stringify(trust()),
    description: 'tf',
  })
  const agencyPath = `/v5/agencies/${agency.agency_id}`
  for (const [kind, kinds, id] of [
    ['user', 'users', user.user_id],
    ['group', 'groups', group.group_id],
    ['agency', 'agencies', agency.agency_id],
  ] as const) {
    const body = { [`${kind}_id`]: id }
    await done('POST', `${path}/attach-${kind}`, body)
    const { attached_policies } = await done('GET', `/v5/${kinds}/${id}/attached-policies`)
    expect(attached_policies).toMatchObject([{ policy_id: policy.policy_id, policy_name: 'tf_policy' }])
    const entities = await done('GET', `${path}/attached-entities?entity_type=${kind}`)
    expect(entities[kind === 'agency' ? 'policy_agencies' : `policy_${kind}s`]).toMatchObject([body])
    await done('POST', `${path}/detach-${kind}`, body)
    expect(await code('POST', `${path}/detach-${kind}`, body)).toBe('404 PAP5.0012')
  }
  // An attachment to what is not there yet is tried again on this code and no other.
  const missing = { agency_id: 'f'.repeat(32) }
  expect(await code('POST', `${path}/attach-agency`, missing)).toBe('404 PAP5.0012')
  await done('PUT', agencyPath, { max_session_duration: 7200, description: '' })
  await done('PUT', `${agencyPath}/trust-policy`, { trust_policy: JSON.stringify(trust()) })
  const read = (await done('GET', agencyPath)).agency
  expect(read).toMatchObject({ max_session_duration: 7200, description: '', agency_name: 'tf_agency' })
  expect(JSON.parse(read.trust_policy)).toEqual(trust())
  const tagged = `/v5/agency/${agency.agency_id}/tags`
  await done('POST', `${tagged}/create`, { tags: [{ tag_key: 'a', tag_value: 'b' }] })
  await done('DELETE', `${tagged}/delete`, ['a'])
  expect((await done('GET', tagged)).tags).toEqual([])
  for (const made of [agencyPath, `/v5/users/${user.user_id}`, `/v5/groups/${group.group_id}`, path]) {
    await done('DELETE', made)
    await gone(made)
  }
})
