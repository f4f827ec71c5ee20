import {
  bindingOf,
  flattenParameters,
  type Operation,
  type RestBinding,
  type RpcBinding,
  type RpcCall,
  signAcs3,
  signSdkHmac,
} from '@keyward/server/client'
import { type Answered, readAnswer } from './answer.ts'
import type { Profile, Session } from './profile.ts'
import { send } from './transport.ts'

/** Signs one request of an operation, sends it and judges the answer. */
export async function callOperation(
  session: Session,
  operation: Operation,
  input: Record<string, unknown>,
  patience?: number,
): Promise<Answered> {
  const binding = bindingOf(operation)
  const signed = binding.wire === 'alibaba' ? rpc(session, binding, input) : rest(session, binding, input)
  const { method, target, headers, body } = signed
  return readAnswer(
    await send(session.endpoint, { method, path: target, headers, body }, session.ca, patience),
  )
}

/** Everything travels in the body: a URL may be logged on its way, and a plaintext must not be. */
function rpc({ endpoint, profile }: Session, binding: RpcBinding, input: Record<string, unknown>) {
  return signAcs3({
    method: 'POST',
    host: endpoint.host,
    action: binding.action,
    version: binding.version,
    query: {},
    ...contentOf(input),
    headers: tokenHeader('x-acs-security-token', profile),
    accessKeyId: profile.accessKeyId,
    accessKeySecret: profile.accessKeySecret,
  })
}

/** Characters of a text from which on it travels as JSON: a form takes up to three bytes for one of it. */
const LONG_TEXT = 64 * 1024

function contentOf(input: Record<string, unknown>): Pick<RpcCall, 'form' | 'json'> {
  const isLong = Object.values(input).some((one) => typeof one === 'string' && one.length > LONG_TEXT)
  return isLong ? { json: JSON.stringify(input) } : { form: flattenParameters(input) }
}

function rest({ endpoint, profile }: Session, binding: RestBinding, input: Record<string, unknown>) {
  // Some calls belong to no project, and refuse what they do not know.
  const inProject = binding.path.includes('{project_id}')
  const all: Record<string, unknown> = { ...(inProject && { project_id: profile.projectId }), ...input }
  const inPath = new Set<string>()
  const path = binding.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    inPath.add(name)
    return encodeURIComponent(String(all[name] ?? ''))
  })
  const inQuery = binding.query ?? []
  const query = inQuery
    .filter((name) => all[name] !== undefined)
    .map((name) => [name, String(all[name])] as const)
  const rest = Object.entries(all).filter(([name]) => !inPath.has(name) && !inQuery.includes(name))
  return signSdkHmac({
    method: binding.method,
    host: endpoint.host,
    path,
    query: Object.fromEntries(query),
    headers: {
      ...(inProject && { 'x-project-id': profile.projectId }),
      ...tokenHeader('x-security-token', profile),
    },
    // A list stands in the body by itself.
    ...(rest.length > 0 && { body: JSON.stringify(all.items ?? Object.fromEntries(rest)) }),
    accessKeyId: profile.accessKeyId,
    accessKeySecret: profile.accessKeySecret,
  })
}

/** What says of which session a temporary key is. */
function tokenHeader(name: string, { securityToken }: Profile): Record<string, string> {
  return securityToken === undefined ? {} : { [name]: securityToken }
}
