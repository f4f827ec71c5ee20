import { createRequire } from 'node:module'
import type ResourceManagerPackage from '@alicloud/resourcemanager20200331'
import type { AlibabaLogin } from './alibabaClients.ts'
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
