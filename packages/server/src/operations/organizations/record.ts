import type { LanguageName } from '@keyward/policy'
import type { Static, TObject } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readTags, type Tags } from '../../base/tags.ts'
import { membersWatch } from '../../identity/lock-out.ts'
import type { Account } from '../../identity/principal.ts'
import { readOperator } from '../../identity/queries.ts'
import { type Author, moveDirectory } from '../../identity/rows.ts'
import {
  type Check,
  type Example,
  type Facts,
  type Operation,
  readOperation,
  writeOperation,
} from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope, WriteScope } from '../../pipeline/scope.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import {
  accountText,
  type FoundClosed,
  type FoundFolder,
  type FoundHandshake,
  type FoundMember,
  type FoundPolicy,
  findClosed,
  findFolder,
  findInvitation,
  findMember,
  findPolicy,
  loadOrganization,
  type Organization,
  PREFIXES,
  type Standing,
  standingOf,
} from './found.ts'
import { noteWho, ownerBy, type Who } from './owner.ts'

// What the calls of a resource directory (`ram`) and of Organizations (`iam`) have in common. A call names folders, accounts,
// policies or invitations by the ids of its wire, is decided on those that its cloud lists, and is told of the first that is
// missing once it is allowed. The organization belongs to its management account: to all others in it, it is another's.

interface Kinds {
  folder: FoundFolder
  account: FoundMember
  /** A member, or an account that was closed: one of which something is left, or one that was ever. */
  'member-or-closed': FoundClosed | FoundMember
  'member-or-ended': FoundClosed | FoundMember
  policy: FoundPolicy
  handshake: FoundHandshake
  /** What policies are attached to. */
  target: FoundFolder | FoundMember
  /** Anything that has tags. */
  tagged: FoundFolder | FoundMember | FoundPolicy
}
type Kind = keyof Kinds
export type Names = Readonly<Record<string, Kind>>
type Targets<N extends Names> = { readonly [K in keyof N]: Kinds[N[K]] }

/** What a call found. `targets` has nothing for a name that the call leaves out, and undefined for one that is missing. */
export interface Found {
  readonly organization: Organization | undefined
  readonly standing: Standing
  readonly operator: string
  readonly targets: Readonly<Record<string, Kinds[Kind] | undefined>>
  /** Accounts whose decisions a write changes. */
  readonly bound: readonly string[]
}

interface Common<I extends TObject, N extends Names> {
  readonly language: LanguageName
  readonly name: string
  readonly action: string
  readonly summary: string
  readonly input: I
  readonly output: TObject
  /** What the call names, and its ids; a folder that is left out is the root. */
  readonly names: N
  idsOf?(input: Static<I>): { readonly [K in keyof N]: string | undefined }
  /** Those of the names that it is decided on; none: `*`. */
  readonly on: readonly (keyof N & string)[]
  /** Of a call on many: further targets, by a list of ids of one kind. It is decided on each. */
  several?(input: Static<I>): { readonly kind: Kind; readonly ids: readonly string[] }
  /** Who may make it: `management` when left out. */
  readonly who?: Who
  /** Without an organization, a call of `own` is told nothing of one. */
  readonly without?: true
  /** Names by which it is decided besides: those that the target has and will have. Of `ram`, which alone renames accounts. */
  byNames?(input: Static<I>, targets: Partial<Targets<N>>): readonly string[]
  facts?(input: Static<I>): Facts
  /** Tags that the call sets. */
  requested?(input: Static<I>): Tags | undefined
  /** Other actions that it needs, on the same or on the type of the new entity. */
  also?(input: Static<I>): readonly { readonly action: string; readonly type?: string }[]
  /** An action of another service that its table lists, which the call itself does without: needed where all of them are. */
  dependsOn?(own: Account): Pick<Check, 'action' | 'facts' | 'resource'>
  readonly example: Example
}

export interface OrganizationRead<I extends TObject, N extends Names, O> extends Common<I, N> {
  work(
    scope: Scope,
    input: Static<I>,
    targets: Targets<N>,
    organization: Organization,
    found: Found,
  ): O | Promise<O>
}

export interface WriteCall {
  readonly author: Author
  readonly scope: WriteScope
  readonly organization: Organization
}

export interface OrganizationWrite<I extends TObject, N extends Names, P, O> extends Common<I, N> {
  /** Accounts whose decisions it changes. */
  binds?(db: ReadHandle, targets: Partial<Targets<N>>): Promise<readonly string[]>
  prepare?(scope: Scope, input: Static<I>, targets: Targets<N>, organization: Organization): P | Promise<P>
  work(tx: WriteHandle, call: WriteCall, input: Static<I>, targets: Targets<N>, prepared: P): Promise<O>
}

export function organizationRead<I extends TObject, N extends Names, O>(
  record: OrganizationRead<I, N, O>,
): Operation {
  return readOperation({
    ...common(record, async () => []),
    effect: 'read',
    work: (scope: Scope, input: Static<I>, found: Found) =>
      record.work(scope, input, found.targets as Targets<N>, found.organization!, found),
  })
}

export function organizationWrite<I extends TObject, N extends Names, P, O>(
  record: OrganizationWrite<I, N, P, O>,
): Operation {
  return writeOperation({
    ...common(record, async (db, targets) => record.binds?.(db, targets as Partial<Targets<N>>) ?? []),
    effect: 'write',
    // INVARIANT: every write moves the row, so what was decided on a place in the organization is done on that place.
    decided: ({ organization }: Found) =>
      organization
        ? [{ table: 'organizations' as const, id: organization.id, version: organization.version }]
        : [],
    touches: ({ caller }, _input, { organization, operator, bound }: Found) =>
      [...new Set([caller.account.uid, operator, organization?.management.uid ?? operator, ...bound])].map(
        (account) => ({ account, kind: 'identity' as const }),
      ),
    quick: true as const,
    prepare: (scope: Scope, input: Static<I>, { targets, organization }: Found) =>
      record.prepare?.(scope, input, targets as Targets<N>, organization!),
    async work(tx, scope, input, found: Found, prepared) {
      // An apply is conditional on the operator's row for all that is not one account's.
      await moveDirectory(tx, found.operator)
      const author: Author = { now: scope.clock.now(), by: 'api' }
      const call = { author, scope, organization: found.organization! }
      const lookAgain = await membersWatch(tx, found.bound, record.name.split(':')[1]!)
      const output = await record.work(tx, call, input, found.targets as Targets<N>, prepared as P)
      for (const warning of await lookAgain()) scope.warn(warning)
      return output
    },
  })
}

function common<I extends TObject, N extends Names>(
  record: Common<I, N>,
  binds: (db: ReadHandle, targets: Found['targets']) => Promise<readonly string[]>,
) {
  const { name, summary, input, output, example, language, who = 'management' } = record
  noteWho(language, record.action, who)
  return {
    name,
    summary,
    input,
    output,
    example,
    async resolve(scope: ResolveScope, input: Static<I>): Promise<Found> {
      const db = scope.store.read
      const there = await loadOrganization(db)
      const standing = await standingOf(db, there, scope.caller.account.uid)
      const { id: operator } = await readOperator(db)
      // To those outside it is as if there were none.
      const organization = standing === 'outside' && record.without === undefined ? undefined : there
      const targets: Record<string, Kinds[Kind] | undefined> = {}
      for (const { key, kind, text } of namedBy(record, input, organization)) {
        const target = text !== undefined && organization ? await find(db, language, kind, text) : undefined
        if (text !== undefined) targets[key] = isTheirs(target, standing, scope) ? target : undefined
      }
      return { organization, standing, operator, targets, bound: await binds(db, targets) }
    },
    checks: (scope: CheckScope, input: Static<I>, found: Found) => checksOf(record, scope, input, found),
    state(_scope: unknown, input: Static<I>, { organization, targets }: Found): void {
      if (who === 'operator') return
      if (!organization && record.without === undefined)
        throw refuse({
          code: 'IdentityNotFound',
          entity: who === 'own' ? 'organization-of-account' : 'organization',
        })
      for (const { key, kind } of namedBy(record, input, organization))
        if (key in targets && targets[key] === undefined)
          throw refuse({ code: 'IdentityNotFound', entity: entityOf(kind) })
    },
  }
}

interface Named {
  /** Under which the target is found. */
  readonly key: string
  readonly kind: Kind
  /** Its id as the call writes it; a folder that is left out is the root. Absent where there is none. */
  readonly text: string | undefined
  /** Whether the call is decided on it. */
  readonly decides: boolean
}

/** All that a call names. */
function namedBy<I extends TObject, N extends Names>(
  record: Common<I, N>,
  input: Static<I>,
  organization: Organization | undefined,
): readonly Named[] {
  const ids = record.idsOf?.(input) as Record<string, string | undefined> | undefined
  const root = organization && `r-${organization.root.id}`
  const single = Object.entries(record.names).map(([key, kind]) => ({
    key,
    kind,
    text: ids?.[key] ?? (kind === 'folder' ? root : undefined),
    decides: record.on.includes(key),
  }))
  const { kind, ids: many } = record.several?.(input) ?? { kind: 'tagged' as const, ids: [] }
  return [...single, ...many.map((text, i) => ({ key: severalKey(i), kind, text, decides: true }))]
}

/** Under which the target of each id of `several` is found. */
const severalKey = (i: number) => `several/${i}`

/** What a call on many found, in the order of its ids; each is there. */
export function severalOf<K extends Kind>(targets: Found['targets'], count: number): Kinds[K][] {
  return Array.from({ length: count }, (_, i) => targets[severalKey(i)] as Kinds[K])
}

/** An invitation is shown to the account that is invited, and to the one that invites. */
function isTheirs(target: Kinds[Kind] | undefined, standing: Standing, { caller }: CheckScope): boolean {
  return (
    target?.kind !== 'handshake' || standing === 'management' || target.account.uid === caller.account.uid
  )
}

const FOLDER = /^(r|fd|ou)-/

/** An entity of a kind, by its id as the wire writes it. */
export async function find(
  db: ReadHandle,
  language: LanguageName,
  kind: Kind,
  text: string,
): Promise<Kinds[Kind] | undefined> {
  if (kind === 'member-or-closed' || kind === 'member-or-ended')
    return (
      (await findMember(db, language, text)) ?? findClosed(db, language, text, kind === 'member-or-ended')
    )
  const isOpen = kind === 'target' || kind === 'tagged'
  if (kind === 'handshake') return findInvitation(db, text)
  if (kind === 'policy' || (kind === 'tagged' && text.startsWith(PREFIXES[language].policy)))
    return findPolicy(db, language, text)
  if (kind === 'folder' || (isOpen && FOLDER.test(text))) return findFolder(db, language, text)
  return findMember(db, language, text)
}

function entityOf(kind: Kind) {
  if (kind === 'member-or-closed' || kind === 'member-or-ended') return 'account' as const
  return kind === 'policy' ? ('organization-policy' as const) : kind === 'tagged' ? ('target' as const) : kind
}

function checksOf<I extends TObject, N extends Names>(
  record: Common<I, N>,
  { caller, strictDependencies }: CheckScope,
  input: Static<I>,
  { organization, standing, operator, targets }: Found,
): Check[] {
  const { language, action, who = 'management' } = record
  const own = caller.account
  const owner = ownerBy(who, own.uid, organization, standing, operator)
  const facts = record.facts?.(input) ?? {}
  const requestTags = record.requested?.(input)
  const management = organization?.management ?? own
  const check = (named: string, resource: string, target?: Kinds[Kind], asMissing = resource): Check => ({
    language,
    action: named,
    resource,
    owner,
    facts,
    ...(requestTags && { requestTags }),
    ...(target && 'row' in target && target.row && 'tags' in target.row
      ? { resourceTags: readTags(target.row.tags) }
      : {}),
    ...(asMissing !== resource || target ? { asMissing: { resource: asMissing, owner, facts } } : {}),
  })
  const where = { language, organization, management }
  const named = namedBy(record, input, organization).flatMap(({ key, kind, text, decides }) => {
    // Without an organization there is no root either.
    const id = text ?? (kind === 'folder' ? 'root' : undefined)
    if (!decides || id === undefined) return []
    const target = targets[key]
    const resource = resourceOf(where, kind, id, target)
    return [{ target, resource, missing: resourceOf(where, kind, id, undefined) }]
  })
  const checks = named.map(({ target, resource, missing }) => check(action, resource, target, missing))
  const more = (record.also?.(input) ?? []).flatMap(({ action: other, type }) =>
    type === undefined
      ? named.map(({ target, resource, missing }) => check(other, resource, target, missing))
      : [check(other, urn(organization, management, type, '*'))],
  )
  // Whoever may change one account does not by that give it a name that policies trust.
  const byNames = record.byNames?.(input, targets as Partial<Targets<N>>) ?? []
  const others = byNames.flatMap((name) =>
    named.map(({ target, missing }) =>
      check(action, `acs:resourcemanager:*:${management.uid}:account/${name}`, target, missing),
    ),
  )
  const needed =
    strictDependencies && record.dependsOn ? [{ language, owner: own.uid, ...record.dependsOn(own) }] : []
  return [...(checks.length > 0 ? checks : [check(action, '*')]), ...more, ...others, ...needed]
}

interface Where {
  readonly language: LanguageName
  readonly organization: Organization | undefined
  readonly management: Organization['management']
}

/** The name of a target in policies. One that is missing has the name that its id alone gives it. */
function resourceOf(
  { language, organization, management }: Where,
  kind: Kind,
  text: string,
  target: Kinds[Kind] | undefined,
): string {
  const isFolder = target ? target.kind === 'folder' : kind === 'folder' || FOLDER.test(text)
  if (language === 'iam') {
    const type =
      kind === 'handshake' || kind === 'policy' || target?.kind === 'policy'
        ? kind === 'handshake'
          ? 'handshake'
          : 'policy'
        : !isFolder
          ? 'account'
          : text.startsWith('r-')
            ? 'root'
            : 'ou'
    return urn(organization, management, type, text)
  }
  // The other products' policies and invitations have no name of their own.
  if (kind === 'policy' || kind === 'handshake') return '*'
  const path =
    target && 'path' in target && organization
      ? [
          `rd-${organization.id}`,
          ...target.path.map((id, i) => (i === 0 ? `r-${id}` : `fd-${id}`)),
          ...(target.kind === 'account' ? [accountText('ram', target.account)] : []),
        ].join('/')
      : text
  return `acs:resourcemanager:*:${management.uid}:${isFolder ? 'folder' : 'account'}/${path}`
}

function urn(
  organization: Organization | undefined,
  management: Organization['management'],
  type: string,
  text: string,
): string {
  const inside = organization ? `o-${organization.id}/${text}` : text
  return `organizations::${management.domainId}:${type}:${inside}`
}
