import { createSecretKey } from 'node:crypto'
import {
  type CompiledPolicies,
  compilePolicies,
  type LanguageName,
  type NamedPolicy,
  readPolicy,
} from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import { readTags, withTags } from '../base/tags.ts'
import { CLOCK_BOUND } from '../store/clock/judge.ts'
import type { ReadHandle } from '../store/store.ts'
import { builtInHexId } from './built-in.ts'
import { sessionCaller } from './callers.ts'
import { documentOf } from './layers.ts'
import { builtInPolicies } from './named.ts'
import type { AccessKeyCredential, Session } from './principal.ts'
import { accountOf } from './queries.ts'
import type { TokenContent } from './tokens.ts'

/**
 * Whether a session is open at a moment. One that was opened later than now, beyond what clocks may differ by, comes from
 * a clock that was ahead: it would live longer than any may.
 */
export function isOpen(
  { issuedAt, expiresAt }: Pick<Session, 'issuedAt' | 'expiresAt'>,
  now: number,
): boolean {
  return now < expiresAt && now >= issuedAt - CLOCK_BOUND
}

/** The credential of a session whose token was opened; undefined when its role is gone, or its account closed. */
export async function loadSession(
  db: ReadHandle,
  token: TokenContent,
  securityToken: string,
): Promise<{ accountUid: string; value: AccessKeyCredential } | undefined> {
  const row = await db
    .selectFrom('roles')
    .innerJoin('accounts', 'accounts.id', 'roles.account_uid')
    .select([
      'roles.id as role_id',
      'roles.ram_id',
      'roles.name as role_name',
      'roles.path',
      'roles.tags',
      'roles.service',
    ])
    .select(['accounts.id', 'accounts.domain_id', 'accounts.project_id', 'accounts.name'])
    .where('roles.id', '=', token.roleId)
    .where('roles.account_uid', '=', token.accountUid)
    .where('accounts.closed_at', '=', 0)
    .executeTakeFirst()
  if (!row) return undefined
  const policies = token.policies && (await sessionPolicies(db, token))
  const session: Omit<Session, 'roleArn' | 'agencyUrn'> = {
    name: token.name,
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
    serviceLinked: row.service !== '',
    token: securityToken,
    ...(token.transitiveTags && { transitiveTags: token.transitiveTags }),
    ...(token.sourceIdentity === undefined ? {} : { sourceIdentity: token.sourceIdentity }),
    ...(policies && { policies }),
  }
  const { role_id: id, ram_id: ramId, role_name: name, path } = row
  const tags = withTags(readTags(row.tags), new Map(Object.entries(token.tags ?? {})))
  const role = { id, ramId, name, path, tags }
  const caller = sessionCaller(accountOf(row), role, session, token.accessKeyId)
  return { accountUid: row.id, value: credentialOf(token, caller) }
}

function credentialOf(token: TokenContent, caller: AccessKeyCredential['caller']): AccessKeyCredential {
  const { accessKeyId, accessKeySecret } = token
  const key = (text: string) => createSecretKey(Buffer.from(text, 'utf8'))
  return Object.freeze({
    id: accessKeyId,
    active: true,
    secret: key(accessKeySecret),
    secretAmpersand: key(`${accessKeySecret}&`),
    secretV4: key(`aliyun_v4${accessKeySecret}`),
    caller,
  })
}

/**
 * The session policies, compiled as one union. A policy that was named by its id and is gone might have held a Deny: the
 * session may then do nothing.
 */
export async function sessionPolicies(
  db: ReadHandle,
  { accountUid, policies }: Pick<TokenContent, 'accountUid' | 'policies'>,
): Promise<NonNullable<Session['policies']>> {
  const { language, text, ids = [] } = policies!
  const nothing = (of: LanguageName) => compilePolicies(of, [])
  const named: NamedPolicy[] = []
  if (text !== undefined) named.push({ name: 'session policy', document: parsed(text, language) })
  if (ids.length > 0) {
    const rows = await db
      .selectFrom('policies')
      .select(['id', 'name', 'document'])
      .where('account_uid', '=', accountUid)
      .where('language', '=', language)
      .where('id', 'in', [...ids])
      .execute()
    const builtIn = builtInPolicies(language).filter(({ name }) => ids.includes(builtInHexId(language, name)))
    if (rows.length + builtIn.length < new Set(ids).size) return { ram: nothing('ram'), iam: nothing('iam') }
    named.push(...[...rows, ...builtIn].map((one) => documentOf(language, one)))
  }
  const own: CompiledPolicies = compilePolicies(language, named)
  return language === 'ram' ? { ram: own, iam: nothing('iam') } : { ram: nothing('ram'), iam: own }
}

function parsed(text: string, language: LanguageName) {
  const document = readPolicy(text, { language, type: 'session' })
  if (!document) throw refuse({ code: 'Unavailable', detail: 'a session policy cannot be read' })
  return document
}
