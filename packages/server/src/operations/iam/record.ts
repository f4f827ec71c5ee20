import type { Static, TObject } from 'typebox'
import { type ProblemCode, refuse } from '../../base/problem.ts'
import { readTags, type Tags } from '../../base/tags.ts'
import {
  type FoundPolicy,
  findById,
  findPolicyById,
  type GroupRow,
  type RoleRow,
  type UserRow,
} from '../../identity/named.ts'
import {
  type Check,
  type DecidedRow,
  type Example,
  type Facts,
  type Operation,
  readOperation,
  writeOperation,
} from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope } from '../../pipeline/scope.ts'
import type { WriteHandle } from '../../store/store.ts'
import { changeIdentities, type IdentityChange } from '../identity-change.ts'
import { agencyUrn, groupUrn, policyUrn, userUrn } from './describe.ts'

// What the operations of IAM have in common: a call names users, groups, agencies and policies of the caller's account by
// their ids, is decided on their URNs (reference: huawei-iam.md D.8), and is told of the first that is missing once it is
// allowed. What is missing, or another account's, is decided on the id as it was written.

/** `root`: the root identity, which is a user on this wire. No row; only itself finds it. */
export type UserTarget = UserRow & { readonly root?: true }

/** The entities that a call may name. */
export interface Found {
  user: UserTarget
  group: GroupRow
  agency: RoleRow
  policy: FoundPolicy
}
export type Kind = keyof Found

const TABLES = { user: 'users', group: 'user_groups', agency: 'roles', policy: 'policies' } as const
const ENTITIES = { user: 'user', group: 'group', agency: 'role', policy: 'policy' } as const

type Fields = Readonly<Record<string, unknown>>
type Targets<K extends Kind> = { readonly [N in K]: Found[N] }
export type Loaded = { readonly [N in Kind]?: Found[N] | undefined }

interface Common<I extends TObject, K extends Kind> {
  /** As the wire calls it, without `V5`. */
  readonly name: string
  /** After `iam:`. */
  readonly action: string
  readonly summary: string
  readonly input: I
  readonly output: TObject
  /** See `OperationBase.refuses`. */
  readonly refuses?: ProblemCode
  /** The entities that it names, by `user_id` and so on. */
  readonly on: readonly K[]
  /** Those of them that it is decided on: all, unless it says otherwise. */
  readonly decidedOn?: readonly K[]
  /** Whether the root identity may be the user that it is on. */
  readonly root?: true
  /** What it is decided on besides, after `iam::DOMAIN:`; for a call that names nothing, all. `*`: without a resource. */
  also?(input: Static<I>): readonly string[]
  facts?(targets: Loaded, scope: CheckScope, input: Static<I>): Facts
  requestTags?(input: Static<I>): Tags
  readonly example: Example
}

export interface IamRead<I extends TObject, K extends Kind, O> extends Common<I, K> {
  work(scope: Scope, input: Static<I>, targets: Targets<K>): O | Promise<O>
}

export interface IamWrite<I extends TObject, K extends Kind, P, O> extends Common<I, K> {
  prepare?(scope: Scope, input: Static<I>, targets: Targets<K>): P | Promise<P>
  work(tx: WriteHandle, call: IdentityChange, input: Static<I>, targets: Targets<K>, prepared: P): Promise<O>
}

export function iamRead<I extends TObject, K extends Kind, O>(record: IamRead<I, K, O>): Operation {
  return readOperation({
    ...common(record),
    effect: 'read',
    work: (scope: Scope, input: Static<I>, targets: Loaded) =>
      record.work(scope, input, targets as Targets<K>),
  })
}

export function iamWrite<I extends TObject, K extends Kind, P, O>(record: IamWrite<I, K, P, O>): Operation {
  return writeOperation({
    ...common(record),
    effect: 'write',
    decided: (targets: Loaded) => record.on.flatMap((kind) => rowOf(kind, targets)),
    touches: ({ caller }) => [{ account: caller.account.uid, kind: 'identity' as const }],
    quick: true as const,
    prepare: (scope: Scope, input: Static<I>, targets: Loaded) =>
      record.prepare?.(scope, input, targets as Targets<K>),
    work: (tx, scope, input, targets: Loaded, prepared) =>
      changeIdentities(tx, scope, record.name, (call) =>
        record.work(tx, call, input, targets as Targets<K>, prepared as P),
      ),
  })
}

function common<I extends TObject, K extends Kind>(record: Common<I, K>) {
  const { name, action, summary, input, output, on, decidedOn = on, also, example, refuses } = record
  return {
    name: `iam:${name}`,
    summary,
    input,
    output,
    example,
    ...(refuses && { refuses }),
    async resolve(scope: ResolveScope, input: Static<I>): Promise<Loaded> {
      const found: [Kind, unknown][] = []
      for (const kind of on) found.push([kind, await load(scope, kind, idOf(kind, input), record.root)])
      return Object.fromEntries(found) as Loaded
    },
    checks(scope: CheckScope, input: Static<I>, targets: Loaded): readonly Check[] {
      const { account } = scope.caller
      const more = also?.(input) ?? []
      const named = decidedOn.map((kind) => ({
        resource: urnOf(kind, scope, targets, input),
        asked: askedUrn(kind, scope, input),
        kind,
      }))
      // Another name of an entity: decided as that entity is.
      const others = more.map((rest) => {
        const resource = rest === '*' ? '*' : `iam::${account.domainId}:${rest}`
        return { resource, asked: resource, kind: decidedOn[0] }
      })
      return [...named, ...others].map(({ resource, asked, kind }) =>
        checkOf(record, scope, input, targets, resource, asked, kind),
      )
    },
    state(_scope: unknown, _input: Static<I>, targets: Loaded): void {
      for (const kind of on)
        if (targets[kind] === undefined) throw refuse({ code: 'IdentityNotFound', entity: ENTITIES[kind] })
    },
  }

  function checkOf(
    { facts, requestTags }: Common<I, K>,
    scope: CheckScope,
    input: Static<I>,
    targets: Loaded,
    resource: string,
    asked: string,
    kind: Kind | undefined,
  ): Check {
    const owner = scope.caller.account.uid
    const tags = kind && tagsOf(kind, targets)
    const set = requestTags?.(input)
    return {
      language: 'iam',
      action: `iam:${action}`,
      resource,
      owner,
      facts: { ...rootFact(kind, targets), ...facts?.(targets, scope, input) },
      ...(set && { requestTags: set }),
      ...(tags && { resourceTags: tags }),
      ...(kind && targets[kind] && { asMissing: { resource: asked, owner, facts: {} } }),
    }
  }
}

/** Every action on one user says whether it is the root identity. */
function rootFact(kind: Kind | undefined, targets: Loaded): Facts {
  if (kind !== 'user' || !targets.user) return {}
  return { 'iam:ResourceIsRootUser': String(targets.user.root === true) }
}

function idOf(kind: Kind, input: unknown): string {
  return String((input as Fields)[`${kind}_id`])
}

/** A user, group, agency or policy of the caller's account; undefined: there is none of this id. */
export async function load<K extends Kind>(
  { caller, store }: ResolveScope,
  kind: K,
  id: string,
  root?: true,
): Promise<Found[K] | undefined> {
  const { uid, domainId, name } = caller.account
  if (kind === 'policy') return (await findPolicyById(store.read, uid, 'iam', id)) as Found[K] | undefined
  if (kind === 'user' && id === domainId) {
    if (!root || caller.kind !== 'root') return undefined
    const account = store.read.selectFrom('accounts').select('created_at').where('id', '=', uid)
    const { created_at } = await account.executeTakeFirstOrThrow()
    const row = { id, name, description: '', enabled: 1, tags: '{}', version: 0, created_at, root: true }
    return row as unknown as Found[K]
  }
  return (await findById(store.read, TABLES[kind] as 'users', uid, id)) as Found[K] | undefined
}

/** By the name of what was found; by the id as it was written where there is nothing. */
function urnOf(kind: Kind, scope: CheckScope, targets: Loaded, input: unknown): string {
  const { account } = scope.caller
  const { user, group, agency, policy } = targets
  if (kind === 'user' && user) return userUrn(account, user)
  if (kind === 'group' && group) return groupUrn(account, group.name)
  if (kind === 'agency' && agency) return agencyUrn(account, agency)
  if (kind === 'policy' && policy) return policyUrn(account, policy)
  return askedUrn(kind, scope, input)
}

function askedUrn(kind: Kind, { caller }: CheckScope, input: unknown): string {
  return `iam::${caller.account.domainId}:${kind}:${idOf(kind, input)}`
}

export function tagsOf(kind: Kind, { user, agency, policy }: Loaded): Tags | undefined {
  const row = { user, agency, policy: policy?.row, group: undefined }[kind]
  return row && readTags(row.tags)
}

function rowOf(kind: Kind, targets: Loaded): DecidedRow[] {
  if (kind === 'user' && targets.user?.root) return []
  const row = kind === 'policy' ? targets.policy?.row : targets[kind]
  return row && 'version' in row ? [{ table: TABLES[kind], id: row.id, version: row.version }] : []
}
