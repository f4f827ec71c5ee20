import { createRequire } from 'node:module'
import type KmsPackage from '@alicloud/kms20160120'
import type OpenApiPackage from '@alicloud/openapi-client'
import type PopCore from '@alicloud/pop-core'
import type TeaUtilPackage from '@alicloud/tea-util'

// The official Alibaba Cloud clients, unmodified, behind one small face for the end-to-end tests.

// CommonJS packages with a `default` member: `require` gives the same under Node and under vitest, `import` does not.
const require = createRequire(import.meta.url)
const kms = require('@alicloud/kms20160120') as typeof KmsPackage
const openApi = require('@alicloud/openapi-client') as typeof OpenApiPackage
const popCore = require('@alicloud/pop-core') as typeof PopCore
const teaUtil = require('@alicloud/tea-util') as typeof TeaUtilPackage

/** Where and as whom a client calls. */
export interface AlibabaLogin {
  /** `http://127.0.0.1:PORT` or the same with `https`. */
  readonly url: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
}

/** The parts of an error that every official client gives, in one form. */
export class AlibabaError extends Error {
  readonly code: string
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly accessDeniedDetail: Record<string, string> | undefined
  constructor(code: string, message: string, data: Record<string, unknown>) {
    super(message)
    this.name = 'AlibabaError'
    this.code = code
    this.status = (data.statusCode ?? data.HttpStatus) as number | undefined
    this.requestId = data.RequestId as string | undefined
    this.accessDeniedDetail = data.AccessDeniedDetail as Record<string, string> | undefined
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of every operation
export type AlibabaAnswer = Record<string, any>

/** Calls any operation by name. Rejects with {@link AlibabaError}. */
export type AlibabaCaller = (
  action: string,
  parameters?: Readonly<Record<string, unknown>>,
  version?: string,
) => Promise<AlibabaAnswer>

const KMS = '2016-01-20'

export function config({ url, ...login }: AlibabaLogin) {
  const { protocol, host } = new URL(url)
  return { ...login, endpoint: host, protocol: protocol.slice(0, -1), regionId: 'cn-hangzhou' }
}

/** `@alicloud/kms20160120` 1.2.0 with its typed calls: signs with V1. */
export function kmsClient(login: AlibabaLogin): KmsPackage.default {
  const settings = config(login)
  return new kms.default(settings as ConstructorParameters<typeof kms.default>[0])
}

/** The typed request models of the KMS client, such as `EncryptRequest`. */
export const kmsModels: Omit<typeof KmsPackage, 'default'> = kms

/** The same client by action name. */
export function v1Caller(login: AlibabaLogin): AlibabaCaller {
  const client = kmsClient(login)
  const runtime = new teaUtil.RuntimeOptions({ ignoreSSL: true })
  const { protocol } = config(login)
  return (action, parameters = {}, version = KMS) =>
    translated(
      client.doRequest(action, protocol, 'POST', version, 'AK', { ...parameters }, null as never, runtime),
    )
}

/** `@alicloud/openapi-client` 0.4.15, the generic caller: signs with ACS3. `form` sends the parameters in the body. */
export function acs3Caller(
  login: AlibabaLogin,
  how: { form?: boolean; method?: 'GET' | 'POST' } = {},
): AlibabaCaller {
  const settings = config(login)
  const client = new openApi.default(new openApi.Config(settings))
  const runtime = new teaUtil.RuntimeOptions({ ignoreSSL: true })
  return async (action, parameters = {}, version = KMS) => {
    const params = new openApi.Params({
      action,
      version,
      protocol: settings.protocol,
      pathname: '/',
      method: how.method ?? 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    })
    const request = new openApi.OpenApiRequest(
      how.form ? { body: { ...parameters } } : { query: texts(parameters) },
    )
    const answer = await translated(client.callApi(params, request, runtime))
    return answer.body as AlibabaAnswer
  }
}

/** `@alicloud/pop-core` 1.8.0: signs with V1; a POST puts everything into the form. */
export function popCoreCaller(login: AlibabaLogin, method: 'GET' | 'POST' = 'POST'): AlibabaCaller {
  return (action, parameters = {}, version = KMS) => {
    const { accessKeyId, accessKeySecret, securityToken, url: endpoint } = login
    const settings = { accessKeyId, accessKeySecret, endpoint, apiVersion: version }
    const client = new popCore({ ...settings, ...(securityToken && { securityToken }) })
    return translated(client.request<AlibabaAnswer>(action, { ...parameters }, { method }))
  }
}

/** The generic clients take text only: structures as JSON, as the typed clients send them. */
export function texts(parameters: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  )
}

/** An answer, or the client's error as {@link AlibabaError}. */
export async function translated(answer: Promise<AlibabaAnswer>): Promise<AlibabaAnswer> {
  try {
    return await answer
  } catch (thrown) {
    const { code, message, data } = thrown as {
      code?: string
      message: string
      data?: Record<string, unknown>
    }
    if (data === undefined) throw thrown
    // The old client puts `Error` behind the code.
    throw new AlibabaError(
      String(data.Code ?? code).replace(/Error$/, (end) => (data.Code ? end : '')),
      message,
      data,
    )
  }
}
