import { flattenParameters, type RpcCall, signAcs3, signAcs4, signV1 } from '../../src/wire/alibaba/sign.ts'
import type { bindings } from '../../src/wire/bindings.ts'
import { type Credential, rest } from '../service.ts'
import { readXml } from './judge.ts'
import type { Call } from './models.ts'
import type { Variant } from './variants.ts'

export type Binding = (typeof bindings)[number]

/** One way to say the same: how it is signed, where the parameters stand, in what form the answer is wanted. */
export interface Form {
  readonly name: string
  readonly scheme: 'ACS3' | 'ACS4' | 'SDK-HMAC-SHA256' | 'V1'
  readonly method: 'GET' | 'POST'
  readonly place: 'form' | 'json' | 'query'
  readonly xml: boolean
}

const form = (
  scheme: Form['scheme'],
  method: Form['method'],
  place: Form['place'],
  answer: 'JSON' | 'XML',
): Form => ({ name: `${scheme} ${method} ${place} ${answer}`, scheme, method, place, xml: answer === 'XML' })

const RPC: readonly Form[] = [
  form('ACS3', 'POST', 'form', 'JSON'),
  form('V1', 'GET', 'query', 'JSON'),
  form('V1', 'POST', 'form', 'XML'),
  form('ACS4', 'POST', 'form', 'JSON'),
  form('ACS3', 'GET', 'query', 'XML'),
  form('V1', 'POST', 'query', 'JSON'),
  form('V1', 'POST', 'form', 'JSON'),
  form('V1', 'GET', 'query', 'XML'),
  form('ACS3', 'POST', 'query', 'JSON'),
  form('ACS3', 'GET', 'query', 'JSON'),
  form('ACS3', 'POST', 'form', 'XML'),
  form('ACS4', 'GET', 'query', 'JSON'),
  form('ACS4', 'POST', 'query', 'XML'),
]
const REST: readonly Form[] = [form('SDK-HMAC-SHA256', 'POST', 'json', 'JSON')]

export const formsOf = ({ wire }: Binding): readonly Form[] => (wire === 'alibaba' ? RPC : REST)

export interface Answered {
  readonly status: number
  /** Of a refusal. */
  readonly code: string
  readonly body: Readonly<Record<string, unknown>>
  readonly xml: boolean
}

/** Parameters as text: where the model says JSON, a list or an object is one text. */
function texts(call: Call, parameters: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = Object.entries(parameters).map(([name, value]) => [
    name,
    call.parameters[name]?.style === 'json' && typeof value === 'object' ? JSON.stringify(value) : value,
  ])
  return flattenParameters(Object.fromEntries(given))
}

function signRpc(
  host: string,
  who: Credential,
  binding: Extract<Binding, { wire: 'alibaba' }>,
  call: Call,
  variant: Variant,
  form: Form,
) {
  const parameters = texts(call, variant.parameters)
  const twice = variant.twice === undefined ? undefined : Object.keys(texts(call, pick(variant)))[0]
  const inForm = twice !== undefined || form.place === 'form'
  const again = twice === undefined ? {} : { [twice]: parameters[twice]! }
  const signed: RpcCall = {
    ...who,
    method: inForm ? 'POST' : form.method,
    host,
    action: binding.action,
    version: binding.version,
    query: inForm ? again : parameters,
    ...(inForm && { form: parameters }),
  }
  const token = who.securityToken
  if (form.scheme === 'V1') {
    const more = { ...(form.xml && { Format: 'XML' }), ...(token !== undefined && { SecurityToken: token }) }
    return signV1({ ...signed, query: { ...signed.query, ...more } })
  }
  const headers = {
    ...(token !== undefined && { 'x-acs-security-token': token, 'x-acs-accesskey-id': who.accessKeyId }),
    ...(form.xml && { accept: 'application/xml' }),
  }
  return form.scheme === 'ACS3'
    ? signAcs3({ ...signed, headers })
    : signAcs4({ ...signed, headers }, 'cn-hangzhou', binding.product)
}

const pick = ({ parameters, twice }: Variant) => ({ [twice!]: parameters[twice!] })

/** Sends a variant and reads what comes, whatever it is. */
export async function send(
  url: string,
  who: Credential,
  binding: Binding,
  call: Call,
  variant: Variant,
  form: Form,
): Promise<Answered> {
  const host = new URL(url).host
  const signed =
    binding.wire === 'alibaba'
      ? signRpc(host, who, binding, call, variant, form)
      : rest(host, who, binding, variant.parameters, (body) => withTwice(JSON.stringify(body), variant))
  const response = await fetch(`${url}${signed.target}`, {
    method: signed.method,
    headers: signed.headers,
    ...(signed.body === '' ? {} : { body: signed.body }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const { status } = response
  const type = response.headers.get('content-type') ?? ''
  if (type === 'application/zip') return { status, code: '', body: {}, xml: false }
  const text = bytes.toString('utf8')
  if (type.startsWith('text/xml')) {
    const [root, body] = readXml(text)
    const code = root === 'Error' ? String(body.Code) : ''
    if (code === '' && binding.wire === 'alibaba' && root !== `${binding.action}Response`)
      throw new Error(`${binding.action}: an XML answer of <${root}>`)
    return { status, code, body, xml: true }
  }
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  return { status, code: String(body.Code ?? body.error_code ?? ''), body, xml: false }
}

/** A body in which one member stands twice. */
function withTwice(body: string, { parameters, twice }: Variant): string {
  if (twice === undefined) return body
  return `{${JSON.stringify(twice)}:${JSON.stringify(parameters[twice])},${body.slice(1)}`
}
