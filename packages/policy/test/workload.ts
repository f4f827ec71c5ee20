import type { PlainDocument, PlainStatement } from './reference-evaluator/evaluate.ts'

/** A generator of pseudo-random numbers below 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const operations = [
  ...[
    'Encrypt',
    'Decrypt',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'ReEncryptFrom',
    'ReEncryptTo',
  ],
  ...[
    'AsymmetricSign',
    'AsymmetricVerify',
    'GetPublicKey',
    'DescribeKey',
    'EnableKey',
    'DisableKey',
    'CreateKeyVersion',
  ],
  ...[
    'ListKeyVersions',
    'UpdateKeyDescription',
    'ScheduleKeyDeletion',
    'CancelKeyDeletion',
    'SetKeyPolicy',
    'GetKeyPolicy',
  ],
  ...[
    'GetSecretValue',
    'PutSecretValue',
    'DescribeSecret',
    'UpdateSecret',
    'DeleteSecret',
    'RotateSecret',
    'ListSecretVersionIds',
  ],
]
const wildcards = [
  'kms:Get*',
  'kms:List*',
  'kms:Describe*',
  'kms:*Key',
  'kms:*Secret*',
  'kms:Re*',
  'kms:Generate*',
  'kms:*',
]
export const account = '1192853035110001'
const regions = ['cn-hangzhou', 'cn-beijing', 'cn-shanghai']

export interface WorkloadRequest {
  readonly action: string
  readonly resource: string
  readonly user: string
  readonly context: Readonly<Record<string, string>>
}

export interface Workload {
  readonly statements: readonly PlainStatement[]
  /** The statements in documents of ten. */
  readonly documents: readonly PlainDocument[]
  readonly organization: readonly (readonly PlainDocument[])[]
  readonly session: readonly PlainDocument[]
  readonly resource: readonly PlainDocument[]
  readonly requests: readonly WorkloadRequest[]
}

/**
 * Policies of `count` statements and requests for them: exact and wildcard actions and resources, a third of the
 * statements with conditions, one seventh that deny. The requests are built from statements, so that most hit one.
 */
export function workload(count: number, requests: number, seed = 1): Workload {
  const next = random(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const teams = Math.max(4, Math.floor(count / 8))
  const name = () => `${pick(['key', 'key', 'secret'])}/team-${Math.floor(next() * teams)}`
  let broad = 0

  const action = () => {
    const kind = next()
    if (kind < 0.45) return `kms:${pick(operations)}`
    if (kind < 0.75)
      return Array.from({ length: 2 + Math.floor(next() * 3) }, () => `kms:${pick(operations)}`)
    return pick(wildcards)
  }
  const resource = () => {
    const kind = next()
    if (kind < 0.25) return `acs:kms:${pick(regions)}:${account}:${name()}-${Math.floor(next() * 4)}`
    if (kind < 0.8) return `acs:kms:${pick(regions)}:${account}:${name()}-*`
    if (kind < 0.94 || broad >= 10) return `acs:kms:*:${account}:${name()}-*`
    broad++
    return pick(['*', `acs:kms:*:${account}:key/*`])
  }
  const condition = (): PlainStatement['Condition'] =>
    pick([
      { StringEquals: { 'kms:tag/Stage': pick(['dev', 'prod']) } },
      { StringLike: { 'acs:UserAgent': pick(['sdk-*', '*java*']) } },
      { IpAddress: { 'acs:SourceIp': pick(['10.0.0.0/8', '10.1.0.0/16']) } },
      { NumericLessThanEquals: { 'kms:TlsVersion': '1.3' } },
      { Bool: { 'acs:SecureTransport': 'true' } },
    ])
  const statements = Array.from({ length: count }, (_, i): PlainStatement => {
    const deny = i % 7 === 3
    const statement: PlainStatement = {
      Effect: deny ? 'Deny' : 'Allow',
      Action: action(),
      Resource: resource(),
    }
    if (deny && statement.Resource === '*') statement.Resource = `acs:kms:*:${account}:secret/closed-*`
    if (next() < 0.33) statement.Condition = condition()!
    return statement
  })
  const documents: PlainDocument[] = []
  for (let i = 0; i < count; i += 10) documents.push({ Version: '1', Statement: statements.slice(i, i + 10) })

  const everything: PlainStatement = { Effect: 'Allow', Action: '*', Resource: '*' }
  const allows = statements.filter((s) => s.Effect === 'Allow')
  const request = (): WorkloadRequest => {
    const from = pick(allows)
    const actions = Array.isArray(from.Action) ? (from.Action as string[]) : [from.Action as string]
    const chosen = pick(actions)
    const fitting = operations.filter((o) => new RegExp(`^${chosen.replaceAll('*', '.*')}$`).test(`kms:${o}`))
    const hit = next() < 0.72
    const tail = (from.Resource as string)
      .replace('*', pick(regions))
      .replace('*', String(Math.floor(next() * 4)))
    const named = (from.Resource as string).includes('*:')
      ? tail
      : (from.Resource as string).replace('*', '1')
    return {
      action: hit ? `kms:${pick(fitting)}` : `kms:${pick(operations)}`,
      resource: hit && from.Resource !== '*' ? named : `acs:kms:${pick(regions)}:${account}:${name()}-9`,
      user: `acs:ram::${account}:user/u${Math.floor(next() * 8)}`,
      context: {
        'kms:tag/Stage': pick(['dev', 'prod']),
        'acs:UserAgent': pick(['sdk-java-2', 'curl']),
        'acs:SourceIp': pick(['10.1.2.3', '192.168.0.7']),
        'kms:TlsVersion': '1.3',
        'acs:SecureTransport': 'true',
      },
    }
  }
  return {
    statements,
    documents,
    organization: [
      [{ Version: '1', Statement: [everything] }],
      [
        {
          Version: '1',
          Statement: [
            everything,
            { Effect: 'Deny', Action: 'kms:Delete*', Resource: 'acs:kms:*:*:key/root-*' },
          ],
        },
      ],
    ],
    session: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }],
    resource: [
      {
        Version: '1',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { RAM: [`acs:ram::${account}:user/u1`] },
            Action: 'kms:Decrypt',
            Resource: '*',
          },
          {
            Effect: 'Deny',
            Principal: { RAM: [`acs:ram::${account}:user/u2`] },
            Action: 'kms:ScheduleKeyDeletion',
            Resource: '*',
          },
        ],
      },
    ],
    requests: Array.from({ length: requests }, request),
  }
}
