import {
  type CompiledPolicies,
  type ConditionContext,
  type ContextValue,
  compilePolicies,
  type DecisionRequest,
  type LanguageName,
  type NamedPolicy,
  normalizeConditionKey,
  type PolicyType,
  parsePolicy,
} from '../src/index.ts'

/** A document of some statements, as if it had been written. @throws Error when it would be refused. */
export function policy(
  language: LanguageName,
  type: PolicyType,
  name: string,
  ...statements: readonly object[]
): NamedPolicy {
  const version = language === 'ram' ? '1' : '5.0'
  const { document, findings } = parsePolicy(JSON.stringify({ Version: version, Statement: statements }), {
    language,
    type,
  })
  if (!document) throw new Error(JSON.stringify(findings))
  return { name, document }
}

/** The same, compiled. */
export function compiled(
  language: LanguageName,
  type: PolicyType,
  ...statements: readonly object[]
): CompiledPolicies {
  return compilePolicies(language, [policy(language, type, type, ...statements)])
}

/** A context that notes which keys were looked at. */
export function noting(values: Readonly<Record<string, ContextValue>> = {}): {
  readonly context: ConditionContext
  readonly asked: string[]
} {
  const asked: string[] = []
  const normal = new Map(Object.entries(values).map(([key, value]) => [normalizeConditionKey(key), value]))
  const get = (key: string) => {
    asked.push(key)
    return normal.get(key)
  }
  return { context: { get }, asked }
}

export const uid = '1111'
export const domain = 'd'.repeat(32)
export const other = 'e'.repeat(32)

/** A request of a user of the first account, with what differs. */
export function request(language: LanguageName, differing: Partial<DecisionRequest> = {}): DecisionRequest {
  const { context } = noting()
  const usual: DecisionRequest =
    language === 'ram'
      ? {
          principal: { kind: 'user', account: uid, id: `acs:ram::${uid}:user/ann` },
          action: 'kms:Decrypt',
          resource: `acs:kms:cn-hangzhou:${uid}:key/a`,
          context,
        }
      : {
          principal: { kind: 'user', account: domain, id: `iam::${domain}:user:ann` },
          action: 'kps:SSHKeyPair:get',
          resource: `kps:cn-north-4:${domain}:SSHKeyPair:a`,
          context,
        }
  return { ...usual, ...differing }
}
