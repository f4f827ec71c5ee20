import { createRequire } from 'node:module'
import type ResourceManagerPackage from '@alicloud/resourcemanager20200331'
import type { AlibabaLogin } from './alibabaClients.ts'
import { golangsdk } from './golangsdk.ts'
import { build, type HuaweiAnswer, type HuaweiLogin } from './huaweiKpsClient.ts'
import { type RamCaller, typedCaller } from './ramClients.ts'

// Clients of both products of organizations: the official typed one, and the vendor's core for the one that has no package.

const require = createRequire(import.meta.url)
const resourceManager = require('@alicloud/resourcemanager20200331') as typeof ResourceManagerPackage

/** `@alicloud/resourcemanager20200331`. */
export const resourceManagerTypedCaller = (login: AlibabaLogin): RamCaller =>
  typedCaller(resourceManager, login)

export type OrganizationsCaller = (
  method: string,
  path: string,
  more?: { readonly query?: Record<string, unknown>; readonly body?: object },
) => Promise<HuaweiAnswer>

/** Organizations v1 over `@huaweicloud/huaweicloud-sdk-core`; `path` below `/v1/organizations`. */
export function organizationsCaller(login: HuaweiLogin): OrganizationsCaller {
  const core = build(login)
  return (method, path, { query = {}, body } = {}) =>
    core.sendRequest<HuaweiAnswer>({
      method,
      url: path.startsWith('/v') ? path : `/v1/organizations${path}`,
      contentType: 'application/json',
      pathParams: {},
      queryParams: query,
      headers: {},
      ...(body && { data: body }),
    })
}

/** What the HTTP client of the Terraform provider takes for a success; anything else ends the run. */
const OK: Readonly<Record<string, readonly number[]>> = {
  GET: [200],
  POST: [200, 201, 202],
  PATCH: [200],
  DELETE: [202, 204],
}

/** Organizations v1 as the Terraform provider calls it. */
export function organizationsByTerraform({
  url,
  ...who
}: HuaweiLogin & { readonly domainId?: string }): OrganizationsCaller {
  const send = golangsdk(url, who)
  return async (method, path, { query = {}, body } = {}) => {
    const text = new URLSearchParams(query as Record<string, string>).toString()
    const below = path.startsWith('/v') ? path : `/v1/organizations${path}`
    const answer = await send(method, text === '' ? below : `${below}?${text}`, body)
    if (OK[method]?.includes(answer.status)) return { ...answer.body, httpStatusCode: answer.status }
    const { error_code: errorCode, error_msg: errorMsg } = answer.body
    throw Object.assign(new Error(errorMsg), { httpStatusCode: answer.status, errorCode })
  }
}
