import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import type GatewayPackage from '@alicloud/gateway-pop'
import type OpenApiPackage from '@alicloud/openapi-client'
import type TeaUtilPackage from '@alicloud/tea-util'
import {
  type AlibabaAnswer,
  type AlibabaCaller,
  type AlibabaLogin,
  config,
  texts,
  translated,
} from './alibabaClients.ts'

// The official gateway library signs with ACS4, behind the generic client that the typed ones of its generation are
// made of. The root package.json overrides what it asks of `@alicloud/darabonba-signature-util`: a version that the
// registry does not have.

const require = createRequire(import.meta.url)
const openApi = require('@alicloud/openapi-client') as typeof OpenApiPackage
// Of the same shape as far as it is used here.
const openApiCore = require('@alicloud/openapi-core') as typeof OpenApiPackage & {
  $OpenApiUtil: typeof OpenApiPackage
}
const teaUtil = require('@alicloud/tea-util') as typeof TeaUtilPackage
const gateways = {
  '0.1.5': require('@alicloud/gateway-pop') as typeof GatewayPackage,
  '0.0.6': require('gateway-pop-0.0.6') as typeof GatewayPackage,
}

const signatureUtil = require('@alicloud/darabonba-signature-util').default as {
  HmacSHA256SignByBytes(text: string, key: Uint8Array): Uint8Array
}

export interface Acs4How {
  /** `@alicloud/openapi-core` 1.0.8 instead of `@alicloud/openapi-client` 0.4.15. */
  readonly core?: boolean
  /** 0.1.5 when absent. */
  readonly gateway?: keyof typeof gateways
  /** Sends the parameters in the body. */
  readonly form?: boolean
  readonly method?: 'GET' | 'POST'
  /** Empty: the library makes one of the endpoint. */
  readonly regionId?: string
  /** The name that a typed client has built in; that of the version's product when absent. */
  readonly productId?: string
}

const PRODUCTS: Readonly<Record<string, string>> = { '2016-01-20': 'Kms', '2015-04-01': 'Sts' }

/** Calls as the typed clients do when `signatureVersion` is `v4`. */
export function acs4Caller(login: AlibabaLogin, how: Acs4How = {}): AlibabaCaller {
  const library = how.core ? { ...openApiCore.$OpenApiUtil, default: openApiCore.default } : openApi
  const regionId = how.regionId ?? 'cn-hangzhou'
  const settings = { ...config(login), regionId, signatureVersion: 'v4' }
  const runtime = new teaUtil.RuntimeOptions({ ignoreSSL: true })
  return async (action, parameters = {}, version = '2016-01-20') => {
    const client = new library.default(new library.Config(settings))
    client._productId = how.productId ?? PRODUCTS[version]!
    client.setGatewayClient(new gateways[how.gateway ?? '0.1.5'].default())
    const params = new library.Params({
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
    const given = how.form ? { body: { ...parameters } } : { query: texts(parameters) }
    const request = new library.OpenApiRequest(given)
    return (await translated(client.callApi(params, request, runtime))).body as AlibabaAnswer
  }
}

/**
 * Runs something while the library chains its keys as documented: bytes as they are, not through text. So the same
 * client stands for correct ones in other languages.
 */
export async function withBinaryChain<T>(run: () => Promise<T>): Promise<T> {
  const published = signatureUtil.HmacSHA256SignByBytes
  signatureUtil.HmacSHA256SignByBytes = (text, key) => createHmac('sha256', key).update(text).digest()
  try {
    return await run()
  } finally {
    signatureUtil.HmacSHA256SignByBytes = published
  }
}
