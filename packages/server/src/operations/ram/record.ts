import type { Static, TObject } from 'typebox'
import { type ProblemCode, refuse } from '../../base/problem.ts'
import { readTags, type TagEntry, type Tags, tagsOf } from '../../base/tags.ts'
import {
  type FoundPolicy,
  findNamed,
  findPolicy,
  type GroupRow,
  type RoleRow,
  type UserRow,
} from '../../identity/named.ts'
import {
  type Check,
  type DecidedRow,
  type Example,
  type Operation,
  readOperation,
  writeOperation,
} from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope } from '../../pipeline/scope.ts'
import type { WriteHandle } from '../../store/store.ts'
import { changeIdentities, type IdentityChange } from '../identity-change.ts'

// What the operations of RAM have in common: a call names users, groups, roles and policies of the caller's account, is
// decided on each of them (reference: alibaba-ram.md A.6), and is told of the first that is missing once it is allowed.

/** The entities that a call may name, and the input field that names each. */
export interface Found {
  user: UserRow
  group: GroupRow
  role: RoleRow
  policy: FoundPolicy
}
export type Kind = keyof Found

const FIELDS = { user: 'UserName', group: 'GroupName', role: 'RoleName', policy: 'PolicyName' } as const
const TABLES = { user: 'users', group: 'user_groups', role: 'roles', policy: 'policies' } as const

type Fields = Readonly<Record<string, unknown>>
type Targets<K extends Kind> = { readonly [N in K]: Found[N] }
type Loaded = { readonly [N in Kind]?: Found[N] | undefined }

interface Common<I extends TObject, K extends Kind> {
  /** As the wire calls it; also the action, after `ram:`. */
  readonly action: string
  /** Another product that has the call too, decided as the same action. */
  readonly product?: 'ims' | 'ram'
  readonly summary: string
  readonly input: I
  readonly output: TObject
  /** See `OperationBase.refuses`. */
  readonly refuses?: ProblemCode
  /** The entities that it names, each decided on. */
  readonly on: readonly K[]
  /** What it is decided on besides, below `acs:ram:*:UID:`; for a call that names nothing, all. */
  also?(input: Static<I>, scope: CheckScope): readonly string[]
  readonly example: Example
}

export interface RamRead<I extends TObject, K extends Kind, O> extends Common<I, K> {
  work(scope: Scope, input: Static<I>, targets: Targets<K>): O | Promise<O>
}

export interface RamWrite<I extends TObject, K extends Kind, P, O> extends Common<I, K> {
  prepare?(scope: Scope, input: Static<I>, targets: Targets<K>): P | Promise<P>
  work(tx: WriteHandle, call: IdentityChange, input: Static<I>, targets: Targets<K>, prepared: P): Promise<O>
}

export function ramRead<I extends TObject, K extends Kind, O>(record: RamRead<I, K, O>): Operation {
  return readOperation({
    ...common(record),
    effect: 'read',
    work: (scope: Scope, input: Static<I>, targets: Loaded) =>
      record.work(scope, input, targets as Targets<K>),
  })
}

export function ramWrite<I extends TObject, K extends Kind, P, O>(record: RamWrite<I, K, P, O>): Operation {
  return writeOperation({
    ...common(record),
    effect: 'write',
    decided: (targets: Loaded) => record.on.flatMap((kind) => rowOf(kind, targets)),
    touches: ({ caller }) => [{ account: caller.account.uid, kind: 'identity' as const }],
    quick: true as const,
    prepare: (scope: Scope, input: Static<I>, targets: Loaded) =>
      record.prepare?.(scope, input, targets as Targets<K>),
    work: (tx, scope, input, targets: Loaded, prepared) =>
      changeIdentities(tx, scope, record.action, (call) =>
        record.work(tx, call, input, targets as Targets<K>, prepared as P),
      ),
  })
}

function common<I extends TObject, K extends Kind>(record: Common<I, K>) {
  const { action, summary, input, output, on, also, example, product = 'ram', refuses } = record
  return {
    name: `${product}:${action}`,
    summary,
    input,
    output,
    example,
    ...(refuses && { refuses }),
    async resolve(scope: ResolveScope, input: Static<I>): Promise<Loaded> {
      const found: [Kind, unknown][] = []
      for (const kind of on) found.push([kind, await load(scope, kind, input as Fields)])
      return Object.fromEntries(found) as Loaded
    },
    checks(scope: CheckScope, input: Static<I>, targets: Loaded): readonly Check[] {
      const { uid } = scope.caller.account
      const requestTags = requestTagsOf(input as Fields)
      const check = (resource: string, tags?: Tags): Check => ({
        language: 'ram',
        action: `ram:${action}`,
        resource,
        owner: uid,
        facts: {},
        ...(requestTags && { requestTags }),
        ...(tags && { resourceTags: tags, asMissing: { resource, owner: uid, facts: {} } }),
      })
      const named = on.map((kind) =>
        check(resourceOf(kind, uid, input as Fields), tagsOfTarget(kind, targets)),
      )
      const more = also?.(input, scope) ?? []
      return [...named, ...more.map((rest) => check(`acs:ram:*:${uid}:${rest}`))]
    },
    state(_scope: unknown, _input: Static<I>, targets: Loaded): void {
      for (const kind of on)
        if (targets[kind] === undefined) throw refuse({ code: 'IdentityNotFound', entity: kind })
    },
  }
}

function load({ caller, store }: ResolveScope, kind: Kind, input: Fields): Promise<unknown> {
  const { uid } = caller.account
  const name = String(input[FIELDS[kind]])
  if (kind === 'policy') return findPolicy(store.read, uid, 'ram', name, isSystem(input))
  return findNamed(store.read, TABLES[kind] as 'users', uid, name)
}

/** Calls that change a policy take no type: they look among custom policies alone. */
function isSystem({ PolicyType }: Fields): boolean {
  return PolicyType === 'System'
}

function resourceOf(kind: Kind, uid: string, input: Fields): string {
  const account = kind === 'policy' && isSystem(input) ? 'system' : uid
  return `acs:ram:*:${account}:${kind}/${input[FIELDS[kind]]}`
}

function tagsOfTarget(kind: Kind, targets: Loaded): Tags | undefined {
  const row = kind === 'policy' ? targets.policy?.row : kind === 'role' ? targets.role : undefined
  return row && readTags(row.tags)
}

function requestTagsOf({ Tag }: Fields): Tags | undefined {
  if (!Array.isArray(Tag)) return undefined
  return tagsOf(Tag as readonly TagEntry[])
}

function rowOf(kind: Kind, targets: Loaded): DecidedRow[] {
  const row = kind === 'policy' ? targets.policy?.row : targets[kind]
  return row && 'version' in row ? [{ table: TABLES[kind], id: row.id, version: row.version }] : []
}
