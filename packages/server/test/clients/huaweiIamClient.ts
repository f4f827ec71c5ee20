import { createRequire } from 'node:module'
import type * as CorePackage from '@huaweicloud/huaweicloud-sdk-core'
import type * as IamModule from '@huaweicloud/huaweicloud-sdk-iam/v5/IamClient.js'
import type { HuaweiAnswer, HuaweiLogin } from './huaweiKpsClient.ts'
import { silenced, withThrowAwayHome } from './huaweiKpsClient.ts'

// IAM v5 over the official typed client, unmodified.

const require = createRequire(import.meta.url)
const { GlobalCredentials } = require('@huaweicloud/huaweicloud-sdk-core') as typeof CorePackage
const { IamClient } = require('@huaweicloud/huaweicloud-sdk-iam/v5/IamClient.js') as typeof IamModule

type Members<T> = Exclude<keyof T, 'getPath'>
/** Calls the client's method of a name with the members of its request; rejects with `HuaweiError`. */
export type IamCaller = (
  method: Members<IamModule.IamClient>,
  request?: Readonly<Record<string, unknown>>,
) => Promise<HuaweiAnswer>

export function iamCaller(login: HuaweiLogin & { readonly domainId: string }): IamCaller {
  const credentials = new GlobalCredentials()
    .withAk(login.accessKeyId)
    .withSk(login.accessKeySecret)
    .withDomainId(login.domainId)
  if (login.securityToken !== undefined) credentials.withSecurityToken(login.securityToken)
  const builder = IamClient.newBuilder().withCredential(credentials).withEndpoint(login.url)
  const client = withThrowAwayHome(() => builder.build())
  silenced((client as unknown as { hcClient: Parameters<typeof silenced>[0] }).hcClient)
  const methods = client as unknown as Record<string, (request: object) => Promise<HuaweiAnswer>>
  return (method, request = {}) => methods[method]!.call(client, request)
}
