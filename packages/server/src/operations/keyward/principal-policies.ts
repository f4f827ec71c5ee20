import { setImmediate as turn } from 'node:timers/promises'
import {
  type CompiledPolicies,
  compilePolicies,
  type LanguageName,
  parsePolicy,
  statementsNaming,
} from '@keyward/policy'
import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { principalPolicies } from '../../identity/principal-policies.ts'
import { compileKeyPolicy } from '../../kms/keys.ts'
import { keyArn } from '../../kms/names.ts'
import { namedPrincipal } from '../../pipeline/decision.ts'
import { readOperation } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { secretArn } from '../../secrets/names.ts'
import {
  existingPrincipal,
  type Principal,
  type PrincipalTarget,
  principalCheck,
  resolvePrincipal,
} from './principal-target.ts'

const closed = { additionalProperties: false }
const text = Type.String()

const PolicyOutput = Type.Object({
  /** `organization`, `identity`, `trust` or `resource`. */
  Layer: text,
  Language: text,
  Policy: text,
  /** Whether every account has it. */
  BuiltIn: Type.Boolean(),
  /** Through whom: `user`, `group NAME`, `role`, `root of the organization`, `folder NAME`, `account`; a key, a secret, a role. */
  From: text,
  /** Of the organization: 0 is its root. -1 elsewhere. */
  Level: Type.Integer(),
  /** Of a resource's policy: the statements whose Principal means this one. */
  Statements: Type.Array(text),
})
type Row = Static<typeof PolicyOutput>

/** Policies of resources that one call reads: the next page goes on. */
const RESOURCES = 200
/** Of these, so many in one turn of the loop. */
const IN_ONE_TURN = 10

const KINDS = ['roles', 'keys', 'secrets'] as const
type ResourceKind = (typeof KINDS)[number]

/**
 * Every policy that bears on a principal: those of its organization by level, its own and its groups', and, a page at a time,
 * the trust, key and secret policies of its account that name it. There are no permission boundaries here, and what a session
 * was cut by is in its token alone.
 */
export const listPrincipalPolicies = readOperation({
  name: 'keyward:ListPrincipalPolicies',
  summary: 'List the policies that bind a principal at every layer, and the resource policies that name it',
  effect: 'read',
  input: Type.Object(
    {
      Principal: Type.String({ minLength: 1, maxLength: 512 }),
      /** `NextMarker` of the page before. */
      Marker: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    },
    closed,
  ),
  output: Type.Object({ Policies: Type.Array(PolicyOutput), NextMarker: Type.Optional(text) }),
  resolve: (scope, { Principal }) => resolvePrincipal(scope, Principal),
  checks: (scope, _input, target: PrincipalTarget) => [
    principalCheck(scope, 'ListPrincipalPolicies', target),
  ],
  async work(scope, { Marker }, target) {
    const principal = existingPrincipal(target)
    if (Marker === undefined) {
      const Policies = (await principalPolicies(scope.store.read, principal.caller)).map(
        ({ layer, language, policy, builtIn, from, level = -1 }): Row => ({
          Layer: layer,
          Language: language,
          Policy: policy,
          BuiltIn: builtIn,
          From: from,
          Level: level,
          Statements: [],
        }),
      )
      return { Policies, NextMarker: 'roles/' }
    }
    const [, kind = '', after = ''] = /^([a-z]+)\/(.*)$/s.exec(Marker) ?? []
    if (!KINDS.includes(kind as ResourceKind))
      throw refuse({
        code: 'InvalidParameter',
        name: 'Marker',
        detail: 'Marker must be the NextMarker of a page',
      })
    return naming(scope, principal, kind as ResourceKind, after)
  },
  example: { Principal: 'acs:ram::{accountUid}:root' },
})

async function naming(
  scope: Scope,
  { account, caller }: Principal,
  kind: ResourceKind,
  after: string,
): Promise<{ Policies: Row[]; NextMarker?: string }> {
  const Policies: Row[] = []
  // What is in another account's keys and secrets is for that account alone to see, also where the operator asks.
  const own = account.uid === scope.caller.account.uid
  const rows = kind !== 'roles' && !own ? [] : await resources(scope, account.uid, kind, after)
  for (const [at, { from, policies }] of rows.entries()) {
    if (at % IN_ONE_TURN === 0) await turn()
    for (const [language, Policy, read] of policies) {
      const owner = language === 'ram' ? account.uid : account.domainId
      const Statements = [...statementsNaming(read(), namedPrincipal(caller, language), owner)]
      if (Statements.length === 0) continue
      const Layer = kind === 'roles' ? 'trust' : 'resource'
      Policies.push({ Layer, Language: language, Policy, BuiltIn: false, From: from, Level: -1, Statements })
    }
  }
  if (rows.length === RESOURCES) return { Policies, NextMarker: `${kind}/${rows.at(-1)!.id}` }
  const next = KINDS[KINDS.indexOf(kind) + 1]
  return { Policies, ...(next && { NextMarker: `${next}/` }) }
}

interface Resource {
  readonly id: string
  readonly from: string
  readonly policies: readonly (readonly [
    language: LanguageName,
    name: string,
    read: () => CompiledPolicies,
  ])[]
}

async function resources(
  { store }: Scope,
  uid: string,
  kind: ResourceKind,
  after: string,
): Promise<Resource[]> {
  if (kind === 'keys') {
    const rows = await store.read
      .selectFrom('kms_keys')
      .select(['id', 'region', 'policy'])
      .where('account_uid', '=', uid)
      .where('id', '>', after)
      .orderBy('id')
      .limit(RESOURCES)
      .execute()
    return rows.map(({ id, region, policy }) => ({
      id,
      from: keyArn(region, uid, id),
      policies: [['ram', 'key policy', () => compileKeyPolicy(policy)]],
    }))
  }
  if (kind === 'secrets') {
    const rows = await store.read
      .selectFrom('secrets')
      .select(['id', 'region', 'name', 'policy'])
      .where('account_uid', '=', uid)
      .where('id', '>', after)
      .orderBy('id')
      .limit(RESOURCES)
      .execute()
    return rows.map(({ id, region, name, policy }) => ({
      id,
      from: secretArn(region, uid, name),
      policies: [['ram', 'secret policy', () => compileKeyPolicy(policy, 'secret')]],
    }))
  }
  const rows = await store.read
    .selectFrom('roles')
    .select(['id', 'name', 'trust_ram', 'trust_iam'])
    .where('account_uid', '=', uid)
    .where('id', '>', after)
    .orderBy('id')
    .limit(RESOURCES)
    .execute()
  return rows.map(({ id, name, trust_ram, trust_iam }) => ({
    id,
    from: `acs:ram::${uid}:role/${name}`,
    policies: (
      [
        ['ram', trust_ram],
        ['iam', trust_iam],
      ] as const
    )
      .filter(([, document]) => document !== '')
      .map(([language, document]) => [language, 'trust policy', () => trustOf(language, document)] as const),
  }))
}

function trustOf(language: LanguageName, document: string): CompiledPolicies {
  const { document: parsed } = parsePolicy(document, { language, type: 'trust' })
  return compilePolicies(language, parsed ? [{ name: 'trust policy', document: parsed }] : [])
}
