import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OnRotationStep } from '../src/secrets/rotation/steps.ts'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { createLog, type Log } from '../src/serve/log.ts'
import { type Service, startServer } from '../src/serve/server.ts'
import { readSettings } from '../src/serve/settings-read.ts'
import type { RpcBinding } from '../src/wire/alibaba/binding.ts'
import { flattenParameters, signAcs3 } from '../src/wire/alibaba/sign.ts'
import { bindings } from '../src/wire/bindings.ts'
import type { RestBinding } from '../src/wire/huawei/binding.ts'
import { signSdkHmac } from '../src/wire/huawei/sign.ts'

/** Who signs. */
export interface Credential {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly projectId: string
  /** Of a session. */
  readonly securityToken?: string
}

export interface WireAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

/** What a user of the test world may do: whole documents, one policy each. */
export interface Grants {
  readonly ram?: readonly object[]
  readonly iam?: readonly object[]
}

/** A service on a free port with a folder of its own, and the means to call it over its wires. */
export interface TestService {
  readonly service: Service
  readonly url: string
  readonly data: string
  readonly root: RootCredentials
  /** Makes a user of the first account with these policies and one access key. */
  user(name: string, grants?: Grants): Promise<Credential>
  /** Makes many, which takes hardly longer than one: in the order of their names. */
  users(grants: Readonly<Record<string, Grants>>): Promise<readonly Credential[]>
  /** Applies a world as the root; throws when it is refused. */
  apply(world: object, input?: Record<string, unknown>): Promise<Record<string, unknown>>
  /** `headers` are sent beside those that are signed. */
  call(
    who: Credential,
    operation: string,
    input: Record<string, unknown>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<WireAnswer>
  close(): Promise<void>
}

export interface StartOptions {
  /** `sqlite:` in the service's folder when absent. */
  readonly database?: string
  readonly flags?: Readonly<Record<string, string>>
  readonly switches?: readonly string[]
  /** A folder of an earlier service: it is kept when this one closes. */
  readonly data?: string
  readonly root?: RootCredentials
  readonly onRotationStep?: OnRotationStep
  /** Takes the place of the log on standard error. */
  readonly log?: Log
}

/** Starts a service for a test. Every option of `keyward serve` can be given in `flags`. */
export async function startService(options: StartOptions = {}): Promise<TestService> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'keyward-test-'))
  const given: Record<string, string> = {
    listen: '127.0.0.1:0',
    data,
    'log-level': 'fatal',
    ...options.flags,
  }
  if (options.database !== undefined) given.database = options.database
  const flags = new Map(Object.entries(given).map(([name, value]) => [name, [value]]))
  for (const name of options.switches ?? []) flags.set(name, ['true'])
  const { settings, problems } = readSettings({ flags, environment: {}, folder: data })
  if (problems) throw new Error(problems.join('\n'))
  const { onRotationStep } = options
  const log = options.log ?? createLog(settings.logLevel)
  const service = await startServer(settings, { log, ...(onRotationStep && { onRotationStep }) })
  const root = service.firstStart?.credentials ?? options.root
  if (!root) throw new Error('this is not the first start: give the root credentials')
  const url = service.url
  const call: TestService['call'] = (who, name, input, headers) => callOver(url, who, name, input, headers)
  const apply = async (world: object, input: Record<string, unknown> = {}) => {
    const answer = await call(root, 'keyward:ApplyWorld', { World: JSON.stringify(world), ...input })
    if (answer.status !== 200) throw new Error(`apply: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const users: TestService['users'] = async (many) => {
    const made = Object.entries(many).map(([name, grants]) => {
      const id = `LTAI${randomBytes(10).toString('hex')}`
      const secret = randomBytes(16).toString('hex')
      const policies = (['ram', 'iam'] as const).flatMap((language) =>
        (grants[language] ?? []).map((document, i) => ({
          // A policy's name has fewer characters than a user's.
          name: `${name.replaceAll('_', '-')}-${language}-${i}`,
          language,
          document,
        })),
      )
      const attached = (language: string) =>
        policies.filter((p) => p.language === language).map((p) => p.name)
      const user = {
        name,
        policies: { ram: attached('ram'), iam: attached('iam') },
        accessKeys: [{ id, secret }],
      }
      return {
        user,
        policies,
        credential: { accessKeyId: id, accessKeySecret: secret, projectId: root.projectId },
      }
    })
    const policies = made.flatMap((one) => one.policies)
    await apply({ accounts: [{ uid: root.accountUid, policies, users: made.map(({ user }) => user) }] })
    return made.map(({ credential }) => credential)
  }
  return {
    service,
    url,
    data,
    root,
    apply,
    call,
    users,
    async user(name, grants = {}) {
      const [user] = await users({ [name]: grants })
      return user as Credential
    },
    async close() {
      await service.close()
      if (options.data === undefined) rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Signs and sends one call by the operation's own binding (ACS3 or SDK-HMAC-SHA256). */
export async function callOver(
  url: string,
  who: Credential,
  name: string,
  input: Record<string, unknown>,
  headers: Readonly<Record<string, string>> = {},
): Promise<WireAnswer> {
  const binding = bindings.find(({ operation }) => operation.name === name)!
  const host = new URL(url).host
  const signed = binding.wire === 'alibaba' ? rpc(host, who, binding, input) : rest(host, who, binding, input)
  const response = await fetch(`${url}${signed.target}`, {
    method: signed.method,
    headers: { ...headers, ...signed.headers },
    ...(signed.body === '' ? {} : { body: signed.body }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const isFile = response.headers.get('content-type') === 'application/zip'
  const body = isFile ? { bytes } : bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'))
  return { status: response.status, body, headers: response.headers }
}

function rpc(host: string, who: Credential, binding: RpcBinding, input: Record<string, unknown>) {
  return signAcs3({
    ...who,
    method: 'POST',
    host,
    action: binding.action,
    version: binding.version,
    query: {},
    form: flattenParameters(input),
    ...(who.securityToken === undefined
      ? {}
      : { headers: { 'x-acs-security-token': who.securityToken, 'x-acs-accesskey-id': who.accessKeyId } }),
  })
}

export function rest(
  host: string,
  who: Credential,
  binding: RestBinding,
  input: Readonly<Record<string, unknown>>,
  write: (body: unknown) => string = JSON.stringify,
  more: Readonly<Record<string, string>> = {},
) {
  const ofProject = binding.path.includes('{project_id}')
  const left: Record<string, unknown> = { ...(ofProject && { project_id: who.projectId }), ...input }
  const take = (name: string) => {
    const value = left[name]
    delete left[name]
    return value
  }
  const path = binding.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(take(name))))
  // What the route does not know of a call without a body, or whose body is a list, can only stand in its query.
  const inQuery =
    binding.method === 'GET' || left.items !== undefined
      ? Object.keys(left).filter((name) => name !== 'project_id' && name !== 'items')
      : (binding.query ?? [])
  const query = inQuery.flatMap((name) => {
    const value = take(name)
    const text = (one: unknown) => (typeof one === 'string' ? one : JSON.stringify(one))
    return value === undefined ? [] : [[name, Array.isArray(value) ? value.map(text) : text(value)] as const]
  })
  return signSdkHmac({
    ...who,
    method: binding.method,
    host,
    path,
    query: Object.fromEntries(query),
    headers: {
      ...more,
      ...(who.securityToken === undefined ? {} : { 'x-security-token': who.securityToken }),
    },
    // A list stands in the body by itself.
    ...(Object.keys(left).length === 0 ? {} : { body: write(left.items ?? left) }),
  })
}
