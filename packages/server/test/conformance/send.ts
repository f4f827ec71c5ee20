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
  readonly place: 'form' | 'json' | 'json in a project' | 'json with charset' | 'query'
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
const REST: readonly Form[] = [
  form('SDK-HMAC-SHA256', 'POST', 'json', 'JSON'),
  form('SDK-HMAC-SHA256', 'POST', 'json with charset', 'JSON'),
  form('SDK-HMAC-SHA256', 'POST', 'json in a project', 'JSON'),
]

export const formsOf = ({ wire }: Binding): readonly Form[] => (wire === 'alibaba' ? RPC : REST)

export interface Answered {
  readonly status: number
  /** Of a refusal. */
  readonly code: string
  readonly message: string
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

/** What clients of the REST wire send beside the call itself: the Go client has a charset, some name the project. */
const HEADERS: Readonly<Partial<Record<Form['place'], (who: Credential) => Record<string, string>>>> = {
  'json with charset': () => ({ 'content-type': 'application/json;charset=UTF-8' }),
  'json in a project': ({ projectId }) => ({ 'x-project-id': projectId }),
}

function signRest(
  host: string,
  who: Credential,
  binding: Extract<Binding, { wire: 'huawei' }>,
  variant: Variant,
  form: Form,
) {
  const { twice } = variant
  const isInQuery = binding.method === 'GET'
  // In a query a list is one pair an item.
  const given =
    twice !== undefined && isInQuery
      ? { ...variant.parameters, [twice]: [variant.parameters[twice], variant.parameters[twice]] }
      : variant.parameters
  const parts = Object.groupBy(Object.entries(given), ([name]) =>
    name.startsWith('X-') ? 'headers' : 'input',
  )
  const named = (parts.headers ?? []).map(([name, value]) => [name.toLowerCase(), String(value)])
  const headers = { ...HEADERS[form.place]?.(who), ...Object.fromEntries(named) }
  const write = (body: unknown) => withTwice(JSON.stringify(body), variant)
  return rest(host, who, binding, Object.fromEntries(parts.input ?? []), write, headers)
}

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
      : signRest(host, who, binding, variant, form)
  const response = await fetch(`${url}${signed.target}`, {
    method: signed.method,
    headers: signed.headers,
    ...(signed.body === '' ? {} : { body: signed.body }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const { status } = response
  const type = response.headers.get('content-type') ?? ''
  if (type === 'application/zip') return { status, code: '', message: '', body: {}, xml: false }
  const text = bytes.toString('utf8')
  if (type.startsWith('text/xml')) {
    const [root, body] = readXml(text)
    const code = root === 'Error' ? String(body.Code) : ''
    if (code === '' && binding.wire === 'alibaba' && root !== `${binding.action}Response`)
      throw new Error(`${binding.action}: an XML answer of <${root}>`)
    return { status, code, message: String(body.Message ?? ''), body, xml: true }
  }
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  const code = String(body.Code ?? body.error_code ?? '')
  return { status, code, message: String(body.Message ?? body.error_msg ?? ''), body, xml: false }
}

/** A body in which one member stands twice. */
function withTwice(body: string, { parameters, twice }: Variant): string {
  if (twice === undefined) return body
  return `{${JSON.stringify(twice)}:${JSON.stringify(parameters[twice])},${body.slice(1)}`
}
