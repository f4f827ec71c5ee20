import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as CorePackage from '@huaweicloud/huaweicloud-sdk-core'
import type * as BuilderModule from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js'
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js'

// KPS v3 over the official SDK core, unmodified: the core signs, sends and reads errors; the calls below only name the
// method, the path and the body, as the service's own package would.

const require = createRequire(import.meta.url)
const { BasicCredentials } = require('@huaweicloud/huaweicloud-sdk-core') as typeof CorePackage
const { ClientBuilder } =
  require('@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js') as typeof BuilderModule

/** Where and as whom the client calls. */
export interface HuaweiLogin {
  /** `http://127.0.0.1:PORT` or the same with `https`. */
  readonly url: string
  readonly projectId: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
}

/** What the core makes of an error answer. */
export interface HuaweiError extends Error {
  readonly errorCode: string
  readonly errorMsg: string
  readonly requestId: string
  readonly httpStatusCode: number
}

// biome-ignore lint/suspicious/noExplicitAny: answers of every operation
export type HuaweiAnswer = Record<string, any> & { readonly httpStatusCode: number }

export interface CreateKeypair {
  readonly name: string
  readonly type?: 'ssh' | 'x509'
  readonly public_key?: string
  readonly scope?: 'domain' | 'user'
  readonly user_id?: string
  readonly key_protection?: Readonly<Record<string, unknown>>
  readonly algorithm?: string
}

export interface KpsClient {
  createKeypair(keypair: CreateKeypair): Promise<HuaweiAnswer>
  listKeypairs(query?: { limit?: number | string; marker?: string }): Promise<HuaweiAnswer>
  listKeypairDetail(name: string): Promise<HuaweiAnswer>
  updateKeypairDescription(name: string, description: string): Promise<HuaweiAnswer>
  deleteKeypair(name: string): Promise<HuaweiAnswer>
  /** Any other call; `path` below the project, names in it as `{name}`. */
  send(
    method: string,
    path: string,
    more?: { pathParams?: Record<string, string>; query?: Record<string, unknown>; body?: object },
  ): Promise<HuaweiAnswer>
}

/** Builds a client. All its calls reject with {@link HuaweiError}. */
export function kpsClient(login: HuaweiLogin): KpsClient {
  const core = build(login)
  const send: KpsClient['send'] = (method, path, more = {}) =>
    core.sendRequest<HuaweiAnswer>({
      method,
      url: `/v3/{project_id}${path}`,
      contentType: 'application/json',
      pathParams: { project_id: login.projectId, ...more.pathParams },
      queryParams: more.query ?? {},
      headers: {},
      ...(more.body && { data: more.body }),
    })
  return Object.freeze({
    send,
    createKeypair: (keypair: CreateKeypair) => send('POST', '/keypairs', { body: { keypair } }),
    listKeypairs: (query: Record<string, unknown> = {}) => send('GET', '/keypairs', { query }),
    listKeypairDetail: (name: string) => send('GET', '/keypairs/{keypair_name}', named(name)),
    updateKeypairDescription: (name: string, description: string) =>
      send('PUT', '/keypairs/{keypair_name}', { ...named(name), body: { keypair: { description } } }),
    deleteKeypair: (name: string) => send('DELETE', '/keypairs/{keypair_name}', named(name)),
  })
}

/** The core puts a path parameter into the URL as it is. */
function named(name: string) {
  return { pathParams: { keypair_name: encodeURIComponent(name) } }
}

/** The core with which every service of this vendor is called. */
export function build(login: HuaweiLogin): HcClient {
  const credentials = new BasicCredentials()
    .withAk(login.accessKeyId)
    .withSk(login.accessKeySecret)
    .withProjectId(login.projectId)
  if (login.securityToken !== undefined) credentials.withSecurityToken(login.securityToken)
  const builder = new ClientBuilder<HcClient>((core) => core as HcClient)
    .withCredential(credentials)
    .withEndpoint(login.url)
  return silenced(withThrowAwayHome(() => builder.build()))
}

/** The core writes an application id below the home directory when a client is built. */
export function withThrowAwayHome<T>(body: () => T): T {
  const { HOME } = process.env
  const home = mkdtempSync(join(tmpdir(), 'keyward-sdk-'))
  process.env.HOME = home
  try {
    return body()
  } finally {
    if (HOME === undefined) delete process.env.HOME
    else process.env.HOME = HOME
    rmSync(home, { recursive: true, force: true })
  }
}

/** The core logs every failed request with its Authorization header; the tests expect failures. */
export function silenced(core: HcClient): HcClient {
  const { httpClient } = core as unknown as { httpClient: { _logger: { setLevel(level: string): void } } }
  httpClient._logger.setLevel('SILENT')
  return core
}
