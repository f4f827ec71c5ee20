import { createHmac } from 'node:crypto'
import { bodySha256 } from '../../src/wire/digest.ts'
import { canonicalRequest, SDK_HMAC, stringToSign } from '../../src/wire/huawei/canonical.ts'
import type { Credential } from '../service.ts'

/** Status and body of an answer. */
export interface GoAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of every call
  readonly body: any
}
export type GoCaller = (method: string, path: string, body?: unknown) => Promise<GoAnswer>

/**
 * Signs as the HTTP client of the Terraform provider does: every header that is set at that moment, so neither `host` nor
 * what it adds afterwards: the project or, for what has none, the domain, and the token of a session.
 */
export function golangsdk(url: string, who: Credential & { readonly domainId?: string }): GoCaller {
  return async (method, path, body) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const date = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      'user-agent': 'terraform-provider-huaweicloud',
      'x-sdk-date': date,
    }
    const names = Object.keys(headers).sort()
    const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
    const [bare = '', query = ''] = path.split('?')
    const sorted = query.split('&').sort().join('&')
    const hash = bodySha256(Buffer.from(text))
    const canonical = canonicalRequest(method, `${bare}/`, sorted, lines, names.join(';'), hash)
    const signature = createHmac('sha256', who.accessKeySecret).update(stringToSign(date, canonical))
    const authorization = `${SDK_HMAC} Access=${who.accessKeyId}, SignedHeaders=${names.join(';')}, Signature=${signature.digest('hex')}`
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...headers,
        authorization,
        ...(path.includes(who.projectId) && { 'x-project-id': who.projectId }),
        ...(!path.includes(who.projectId) && who.domainId && { 'x-domain-id': who.domainId }),
        ...(who.securityToken && { 'x-security-token': who.securityToken }),
      },
      ...(text === '' ? {} : { body: text }),
    })
    const answer = Buffer.from(await response.arrayBuffer())
    if (response.headers.get('content-type') === 'application/zip')
      return { status: response.status, body: { zip: answer.length } }
    return { status: response.status, body: answer.length === 0 ? {} : JSON.parse(answer.toString()) }
  }
}
