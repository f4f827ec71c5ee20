import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256Hex } from '../digest.ts'
import { encode } from '../percent.ts'
import { REST } from '../testing/operations.ts'
import { KEYPAIRS, restCall } from '../testing/requests.ts'
import { ACCOUNT, type Sent, send, testWire } from '../testing/world.ts'
import { huaweiBindings } from './bindings.ts'
import { indexRoutes } from './routes.ts'
import { type RestCall, signSdkHmac } from './sign.ts'
import { findUnserved, unservedCalls } from './unserved.ts'

/** Signs a path by a canonical form of the test's choosing. */
function signPathAs(path: string, canonicalPath: string, query = ''): Sent {
  const headers = { host: 'h', 'x-sdk-date': '20240620T080000Z' }
  const canonical = `GET\n${canonicalPath}\n${query}\nhost:h\nx-sdk-date:20240620T080000Z\n\nhost;x-sdk-date\n${sha256Hex('')}`
  const text = `SDK-HMAC-SHA256\n20240620T080000Z\n${sha256Hex(canonical)}`
  const signature = createHmac('sha256', 'testsecret').update(text).digest('hex')
  const authorization = `SDK-HMAC-SHA256 Access=testid, SignedHeaders=host;x-sdk-date, Signature=${signature}`
  const target = query === '' ? path : `${path}?${query}`
  return { method: 'GET', target, headers: { ...headers, authorization } }
}

describe('paths', () => {
  it.each([
    ['GET', KEYPAIRS, 'kps:ListKeypairs'],
    ['GET', `${KEYPAIRS}/associate`, 'kps:ListKeypairDetail'],
    ['POST', `${KEYPAIRS}/associate`, 'kps:AssociateKeypair'],
    ['DELETE', `${KEYPAIRS}/web/private-key`, 'kps:ClearPrivateKey'],
  ])('%s %s is %s', async (method, path, name) => {
    const { wire, calls } = testWire('huawei')
    await send(wire, signSdkHmac(restCall({ method, path })))
    expect(calls[0]!.operation.name).toBe(name)
  })

  it.each([
    ['GET', '/v3/nothing', 404],
    ['GET', '/', 404],
    ['GET', '*', 404],
    ['GET', `${KEYPAIRS}/`, 404],
    ['GET', `${KEYPAIRS}//`, 404],
    ['GET', `${KEYPAIRS}/a/b/c`, 404],
    ['PATCH', KEYPAIRS, 405],
    ['DELETE', KEYPAIRS, 405],
    ['PUT', `${KEYPAIRS}/web`, 405],
  ])('%s %s is %i, before any key is looked for', async (method, target, status) => {
    const { wire, lookups } = testWire('huawei')
    const reply = await send(wire, { method, target, headers: {} })
    expect([reply.status, reply.json.error_code]).toEqual([status, 'APIGW.0101'])
    expect(reply.json.request_id).toBe(reply.requestId)
    expect(lookups).toEqual([])
  })

  it.each([
    ['POST', '/v5/virtual-mfa-devices', 'PAP5.9007', 'The call CreateVirtualMfaDevice is not offered.'],
    ['PUT', '/v5/password-policy', 'PAP5.9007', 'The call UpdatePasswordPolicy is not offered.'],
    ['GET', '/v5/features/some', 'PAP5.9007', 'The call GetFeatureStatus is not offered.'],
    ['GET', '/v3/users', 'PAP5.9007', 'Calls of IAM before version 5 are not offered.'],
    ['DELETE', '/v3.0/OS-AGENCY/agencies/a', 'PAP5.9007', 'The same is done by calls of version 5.'],
    [
      'POST',
      '/v1/organizations/dry-run-policies/p-1/attach',
      'Organizations.9015',
      'The call AttachDryRunPolicy is not offered.',
    ],
  ])('%s %s says in words why it is not served, to one who signs', async (method, path, code, words) => {
    const { wire, calls } = testWire('huawei')
    const signed = await send(wire, signSdkHmac(restCall({ method, path })))
    expect([signed.status, signed.json.error_code]).toEqual([400, code])
    expect(signed.json.error_msg).toContain(words)
    const unsigned = await send(wire, { method, target: path, headers: {} })
    expect([unsigned.status, unsigned.json.error_code]).toEqual([401, 'APIGW.0301'])
    expect(calls).toEqual([])
  })

  it('that are served are not among those that are not', () => {
    const find = indexRoutes(huaweiBindings)
    for (const { method, path } of unservedCalls)
      expect([method, path, typeof find(method, path)]).not.toContain('object')
    for (const { method, path } of huaweiBindings)
      expect([path, findUnserved(method, path)?.words]).toEqual(
        // Served ahead of the rest of the older calls.
        [
          path,
          ...(/^\/v3(\.0)?\/(projects|auth|OS-CREDENTIAL)/.test(path) ? [expect.any(String)] : [undefined]),
        ],
      )
  })

  it('are refused when bound twice', () => {
    const list = REST.find(({ operation }) => operation.name === 'kps:ListKeypairs')!
    expect(() => indexRoutes([list, list])).toThrow(/bound twice/)
  })

  const names = ['a b', 'a/b', "it's", 'ü', '100%', '%20', 'a+b', 'web-01']
  const forms: [string, (path: string) => string][] = [
    ['encoded again', (path) => path.split('/').map(encode).join('/')],
    ['decoded first', (path) => decodeURIComponent(path).split('/').map(encode).join('/')],
    ['as sent', (path) => path],
  ]
  describe.each(forms)('signed %s', (_form, canonical) => {
    it.each(names)('with the name %j', async (name) => {
      const { wire, calls } = testWire('huawei')
      const path = `${KEYPAIRS}/${encodeURIComponent(name)}`
      expect((await send(wire, signPathAs(path, `${canonical(path)}/`))).status).toBe(200)
      expect(calls[0]!.input).toEqual({ keypair_name: name })
    })
  })

  it('signed for another name are refused', async () => {
    const { wire } = testWire('huawei')
    expect((await send(wire, signPathAs(`${KEYPAIRS}/a`, `${KEYPAIRS}/b/`))).status).toBe(401)
    expect((await send(wire, signPathAs(`${KEYPAIRS}/a%20b`, `${KEYPAIRS}/a%20c/`))).status).toBe(401)
  })

  it('take names of 255 characters; longer or unreadable ones are a 400 of the service', async () => {
    const test = testWire('huawei')
    const get = async (segment: string) => {
      const path = `${KEYPAIRS}/${segment}`
      return send(test.wire, signPathAs(path, `${path}/`))
    }
    expect((await get('n'.repeat(255))).status).toBe(200)
    for (const segment of ['n'.repeat(256), '%ff', '%zz']) {
      const reply = await get(segment)
      expect([reply.status, reply.json.error_code]).toEqual([400, 'KPS.40001'])
    }
  })
})

describe('project and domain', () => {
  const other = 'f'.repeat(32)
  const cases: [string, Partial<RestCall>][] = [
    ['a path of another account', { path: `/v3/${other}/keypairs`, headers: {} }],
    ['another project in the header', { headers: { 'x-project-id': other } }],
    ['another domain in the header', { headers: { 'x-domain-id': other } }],
  ]
  it.each(cases)('%s is 403 before anything is loaded', async (_name, more) => {
    const { wire, calls, refused } = testWire('huawei')
    const reply = await send(wire, signSdkHmac(restCall(more)))
    expect([reply.status, reply.json.error_code]).toEqual([403, 'KPS.40302'])
    expect(calls).toHaveLength(0)
    expect(refused).toMatchObject([
      { problem: { code: 'ProjectMismatch' }, operation: { name: 'kps:ListKeypairs' } },
    ])
  })

  it('the own ones are accepted', async () => {
    const { wire } = testWire('huawei')
    const headers = { 'x-project-id': ACCOUNT.projectId, 'x-domain-id': ACCOUNT.domainId }
    expect((await send(wire, signSdkHmac(restCall({ headers })))).status).toBe(200)
  })
})

describe('the input', () => {
  const input = async (more: Partial<RestCall>) => {
    const { wire, calls } = testWire('huawei')
    const reply = await send(wire, signSdkHmac(restCall(more)))
    return calls[0]?.input ?? [reply.status, reply.json.error_code]
  }

  it('is made of body, query and path', async () => {
    expect(await input({ query: { limit: '5', marker: 'a b+' } })).toEqual({ limit: 5, marker: 'a b+' })
    expect(await input({ query: { limit: 'five' } })).toEqual({ limit: 'five' })
    const body = '{"keypair":{"name":"a"}}'
    expect(await input({ method: 'POST', body })).toEqual({ keypair: { name: 'a' } })
    const path = `${KEYPAIRS}/web`
    expect(await input({ method: 'DELETE', path, body: '{"keypair_name":"other","x":1}' })).toEqual({
      keypair_name: 'web',
      x: 1,
    })
    expect(await input({ method: 'POST', path: `${KEYPAIRS}/batch-import`, body: '[1,{"a":2}]' })).toEqual({
      items: [1, { a: 2 }],
    })
    expect(
      await input({ method: 'POST', path: `${KEYPAIRS}/associate`, body: '{"problem":{"code":"x"}}' }),
    ).toEqual({ problem: { code: 'x' } })
  })

  it.each(['{', '3', '"x"', '{"__proto__":{"a":1}}', '\u0000'])('refuses the body %j', async (body) => {
    expect(await input({ method: 'POST', body })).toEqual([400, 'KPS.40001'])
  })

  it('takes the body `null` of a Go client for none', async () => {
    const path = `${KEYPAIRS}/web`
    expect(await input({ method: 'DELETE', path, body: 'null\n' })).toEqual({ keypair_name: 'web' })
  })

  it('refuses a body with a member twice, and names it', async () => {
    const { wire } = testWire('huawei')
    const reply = await send(
      wire,
      signSdkHmac(restCall({ method: 'POST', body: '{"keypair":{"a":1,"a":2}}' })),
    )
    expect([reply.status, reply.json.error_msg]).toEqual([400, 'The parameter a is invalid.'])
  })

  it('that cannot be read is refused by the pipeline, which audits it', async () => {
    const sent: [Partial<RestCall>, Record<string, unknown>][] = [
      [{ method: 'POST', body: '{' }, { project_id: ACCOUNT.projectId }],
      [{ query: { nothing: '1' } }, { project_id: ACCOUNT.projectId }],
      [{ path: `${KEYPAIRS}/${'n'.repeat(256)}` }, {}],
      [
        { method: 'DELETE', path: `${KEYPAIRS}/web`, body: '[' },
        { project_id: ACCOUNT.projectId, keypair_name: 'web' },
      ],
    ]
    for (const [more, read] of sent) {
      const { wire, calls, refused } = testWire('huawei')
      expect((await send(wire, signSdkHmac(restCall(more)))).status).toBe(400)
      expect(calls).toHaveLength(0)
      expect(refused.map(({ input, problem }) => [input, problem?.code])).toEqual([
        [read, 'InvalidParameter'],
      ])
      await send(wire, signSdkHmac(restCall({ ...more, accessKeySecret: 'wrong' })))
      expect(refused).toHaveLength(1)
    }
  })

  it('refuses a query that the operation does not have, or twice', async () => {
    expect(await input({ query: { nothing: '1' } })).toEqual([400, 'KPS.40001'])
    expect(await input({ method: 'POST', query: { keypair: '1' } })).toEqual([400, 'KPS.40001'])
    const { wire } = testWire('huawei')
    const reply = await send(wire, signPathAs(KEYPAIRS, `${KEYPAIRS}/`, 'limit=1&limit=2'))
    expect([reply.status, reply.json.error_code]).toEqual([400, 'KPS.40001'])
  })
})
