import type { Exchange } from '../../exchange.ts'
import type { Failure } from '../failures.ts'
import { scopeMismatch } from './canonical.ts'
import type { Claim, Scope } from './scheme.ts'

/** The last part of an ACS4 Credential, and the last link of its key chain. */
export const TERMINATOR = 'aliyun_v4_request'

/** An access key and what it signs for. */
interface Credential {
  readonly accessKeyId: string
  readonly scope: Scope
}

let lastText = ''
let last: Credential | undefined

/**
 * Reads `<access key>/<yyyyMMdd>/<region>/<product>/aliyun_v4_request`. Undefined for anything else. A client says the same
 * all day: what the last text meant is kept.
 */
export function readCredential(text: string): Credential | undefined {
  if (text === lastText) return last
  const read = takeApart(text)
  if (read !== undefined) {
    lastText = text
    last = read
  }
  return read
}

function takeApart(text: string): Credential | undefined {
  const [accessKeyId, date, region, product, end, ...more] = text.split('/')
  if (!accessKeyId || !date || !region || !product || end !== TERMINATOR || more.length > 0) return undefined
  if (!/^\d{8}$/.test(date) || !/^[\w.:-]{1,80}$/.test(region) || !/^[A-Za-z]{1,32}$/.test(product))
    return undefined
  return { accessKeyId, scope: Object.freeze({ date, region, product }) }
}

/** Regions that current clients know, and two that older ones do (reference/alibaba-kms.md G.1). */
const REGIONS: ReadonlySet<string> = new Set(
  `cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-hangzhou cn-shanghai cn-shenzhen cn-heyuan
   cn-heyuan-acdr-1 cn-guangzhou cn-chengdu cn-fuzhou cn-wuhan-lr cn-zhengzhou-jva cn-hongkong cn-beijing-finance-1
   cn-hangzhou-finance cn-shanghai-finance-1 cn-shenzhen-finance-1 ap-southeast-1 ap-southeast-2 ap-southeast-3
   ap-southeast-5 ap-southeast-6 ap-southeast-7 ap-northeast-1 ap-northeast-2 ap-south-1 us-east-1 us-west-1
   na-south-1 eu-central-1 eu-west-1 me-east-1 me-central-1 center`.split(/\s+/),
)

/**
 * The region that a client without a configured one makes of a host name: the second of two labels, with or without the
 * port (the published versions differ).
 */
function regionsOfHost(host: string): string[] {
  return [host, host.split(':')[0]!]
    .map((name) => name.replace('.aliyuncs.com', '').split('.'))
    .flatMap((labels) => (labels.length === 2 ? [labels[1]!] : []))
}

/**
 * Whether a scope can belong to its request: the day of `x-acs-date`; a region of the cloud, this service's own, or one
 * made of the host called. The signature is then verified with the region as it stands in the scope: a service of one
 * place need not ask which of these names a client calls it by.
 */
export function checkScope(claim: Claim, exchange: Exchange, ownRegion: string): Failure | undefined {
  const { scope } = claim
  if (scope === undefined) return undefined
  const { timestamp } = claim
  if (`${timestamp.slice(0, 4)}${timestamp.slice(5, 7)}${timestamp.slice(8, 10)}` !== scope.date) {
    return scopeMismatch('The date of the Credential scope is not that of x-acs-date.')
  }
  const { region } = scope
  if (REGIONS.has(region) || region === ownRegion) return undefined
  if (regionsOfHost(exchange.headers.host ?? '').includes(region)) return undefined
  return scopeMismatch('The region of the Credential scope is not one of this service.')
}

/** Whether a scope names the product that the call goes to, so that a day's key for one product opens no other. */
export function checkProduct(scope: Scope | undefined, product: string): Failure | undefined {
  if (scope === undefined || scope.product === product) return undefined
  if (scope.product.toLowerCase() === product.toLowerCase()) return undefined
  return scopeMismatch('The product of the Credential scope is not that of the api.')
}
