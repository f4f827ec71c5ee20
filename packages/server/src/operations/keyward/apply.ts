import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { inTurns, type Turns } from '../../base/turns.ts'
import { lockOutWatch } from '../../identity/lock-out.ts'
import { accountOf, readOperator } from '../../identity/queries.ts'
import { applyWorld } from '../../identity/world/apply.ts'
import { readWorldAside, SHORT_WORLD } from '../../identity/world/aside.ts'
import type { DeclaredWorld } from '../../identity/world/declared.ts'
import { type EntityKind, NO_ACCOUNT } from '../../identity/world/entities.ts'
import { KINDS } from '../../identity/world/kinds.ts'
import { type MatchedAccount, matchAccounts, reachesServiceRole } from '../../identity/world/match.ts'
import { type MatchedTree, matchTree } from '../../identity/world/match-tree.ts'
import { accountsMentioned } from '../../identity/world/mentioned.ts'
import { moveOperator } from '../../identity/world/move-operator.ts'
import { planDigest } from '../../identity/world/plan.ts'
import { type PreparedWorld, prepareWorld } from '../../identity/world/prepare.ts'
import { MAX_WORLD_TEXT } from '../../identity/world/source.ts'
import { type Check, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { ApplyOutput, describeApply } from './apply-output.ts'
import { hostDomain } from './host-domain.ts'
import { targetDomain } from './target-domain.ts'

const input = Type.Object(
  {
    // The whole file, YAML or JSON: it may hold secrets.
    World: Secret(Type.String({ minLength: 1, maxLength: MAX_WORLD_TEXT })),
    /** Deletes, in the accounts that the file names, what it does not name. */
    Prune: Type.Optional(Type.Boolean()),
    /** Kinds of which a prune deletes what calls of the API made, too; without it, only what files declared. */
    PruneMade: Type.Optional(
      Type.Array(Type.String({ enum: KINDS.map(({ name }) => name) }), { maxItems: 20 }),
    ),
    /** Says what would change and changes nothing. */
    Preview: Type.Optional(Type.Boolean()),
    /** Says of every change what each field is and will be; never a secret. */
    Diff: Type.Optional(Type.Boolean()),
    /** `PlanId` of a preview: the apply then does what was previewed or nothing. */
    PlanId: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
  },
  { additionalProperties: false },
)

type Input = Static<typeof input>

interface Target {
  readonly world: DeclaredWorld
  readonly accounts: readonly MatchedAccount[]
  readonly tree: MatchedTree
  /** The world says something that reaches beyond the accounts that it names. */
  readonly wide: boolean
  readonly conflicts: Awaited<ReturnType<typeof matchAccounts>>['conflicts']
  readonly operator: Awaited<ReturnType<typeof readOperator>>
}

const worlds = new WeakMap<Input, Promise<DeclaredWorld>>()

/** A long file takes seconds to read: once a call, however often the call is decided. */
function readOnce(input: Input): Promise<DeclaredWorld> {
  const known = worlds.get(input) ?? readWorldAside(input.World)
  worlds.set(input, known)
  return known
}

/**
 * Makes the directory what a file declares.
 *
 * Decided on `acs:keyward:*:UID:world` for every account that the file names, and on `acs:keyward:*:*:world` when it
 * makes accounts or says something of the organization, of networks or of a service's role. The first account is the operator: worlds of other accounts belong to it, so its root, and those of its
 * users whose policies say so, may apply to any account; everyone else applies at most to their own. For those, an
 * account that exists and one that does not are refused alike.
 */
export const applyOperation = writeOperation({
  name: 'keyward:ApplyWorld',
  summary:
    'Make accounts, users, groups, roles, access keys, policies, organization and networks what a file declares',
  effect: 'write',
  long: true,
  input,
  output: ApplyOutput,
  // A long file takes seconds to read, and is read only for who may apply a world to something that it can name.
  async first(scope: ResolveScope, input: Input): Promise<readonly Check[]> {
    const { caller } = scope
    const own = caller.account.uid
    if (caller.kind === 'root' || input.World.length <= SHORT_WORLD) return []
    const { id: operatorUid } = await readOperator(scope.store.read)
    const others = own === operatorUid ? await accountsMentioned(scope.store.read, input.World) : []
    return [...new Set([own, '*', ...others])].map((uid) => worldCheck(uid, own, operatorUid))
  },
  async resolve(scope: ResolveScope, input: Input): Promise<Target> {
    const operator = await readOperator(scope.store.read)
    const isOperators = scope.caller.account.uid === operator.id
    const written = await readOnce(input)
    const world = isOperators ? await moveOperator(scope.store.read, written, operator) : written
    const { accounts, conflicts } = await matchAccounts(scope.store.read, world, isOperators)
    const matched = await matchTree(scope.store.read, world, accounts)
    const wide = isWide(world) || (await reachesServiceRole(scope.store.read, accounts, input.Prune ?? false))
    return {
      world,
      accounts,
      tree: matched.tree,
      wide,
      conflicts: [...conflicts, ...matched.conflicts],
      operator,
    }
  },
  checks: ({ caller }, _, { wide, accounts, operator }) => {
    const own = caller.account.uid
    const isOperator = own === operator.id
    const named = accounts.map(({ uid, row }): string => (row && (isOperator || uid === own) ? uid : '*'))
    if (wide) named.push('*')
    const uids = new Set(named.length === 0 ? [own] : named)
    return [...uids].map((uid) => worldCheck(uid, own, operator.id))
  },
  decided: (target) => rowsOf(target).map(({ id, version }) => ({ table: 'accounts' as const, id, version })),
  touches: (_, { Preview }, target) =>
    Preview
      ? []
      : [...new Set([...rowsOf(target).map(({ id }) => id), ...target.tree.members])].flatMap((account) => [
          { account, kind: 'identity' },
          { account, kind: 'network' },
          { account, kind: 'keys' },
          { account, kind: 'secrets' },
        ]),
  async prepare(
    scope,
    { Prune, PruneMade = [], Preview, PlanId },
    { accounts, tree, conflicts, operator },
  ): Promise<PreparedWorld> {
    if (conflicts.length > 0) throw refuse({ code: 'InvalidWorld', findings: conflicts })
    const prepared = await prepareWorld(scope.store.read, scope.keyring, accounts, tree, {
      prune: Prune ?? false,
      pruneMade: new Set(PruneMade as EntityKind[]),
      domains: { host: hostDomain, target: targetDomain(scope.keyring) },
      operator,
      caller: scope.caller,
    })
    if (!Preview && PlanId !== undefined && PlanId !== (await inTurns(planId(prepared)))) {
      throw refuse({
        code: 'InvalidParameter',
        name: 'PlanId',
        detail: 'the directory changed after the preview',
      })
    }
    return prepared
  },
  async work(tx, scope, { Preview, Diff = false }, { world }, prepared) {
    if (!Preview) {
      const watches = []
      for (const { row } of prepared.plan.changes.length > 0 ? prepared.accounts : [])
        if (row) watches.push({ name: row.name, look: await lockOutWatch(tx, accountOf(row), 'ApplyWorld') })
      await applyWorld(tx, prepared, scope.clock.now())
      for (const { name, look } of watches) {
        const warning = await look()
        if (warning !== undefined) scope.warn(`account ${name}: ${warning}`)
      }
      for (const { path, message } of world.warnings) scope.warn(`${path}: ${message}`)
    }
    const id = await inTurns(planId(prepared))
    return inTurns(describeApply(prepared, world, { applied: !Preview, planId: id, diff: Diff }))
  },
  example: {
    World: 'accounts:\n  - uid: "{accountUid}"\n    users:\n      - name: example\n',
  },
})

function worldCheck(uid: string, own: string, operatorUid: string): Check {
  return {
    language: 'ram',
    action: 'keyward:ApplyWorld',
    resource: `acs:keyward:*:${uid}:world`,
    owner: uid === own ? own : operatorUid,
    facts: {},
  }
}

/**
 * Whether a world says something that reaches beyond the accounts that it names: an organization limits others, a
 * network is everyone's, and no organization limits a service's role.
 */
function isWide({ accounts, organization, networks }: DeclaredWorld): boolean {
  const services = accounts
    .flatMap(({ entities }) => entities)
    .some(({ fields }) => fields.service !== undefined)
  return organization !== undefined || networks !== undefined || services
}

/** The rows whose versions hold an apply together: of the accounts named, and of the operator for all that is not one's. */
function rowsOf({ wide, accounts, operator }: Target) {
  const rows = accounts.flatMap(({ row }) => row ?? operator)
  if (wide) rows.push(operator)
  return [...new Map(rows.map((row) => [row.id, row])).values()]
}

function planId({ plan, accounts }: PreparedWorld): Turns<string> {
  const byUid = new Map(accounts.map((account) => [account.uid, account]))
  return planDigest(plan, (uid) => {
    if (uid === NO_ACCOUNT) return uid
    const account = byUid.get(uid)
    return account?.row ? uid : `new ${account?.name}`
  })
}
