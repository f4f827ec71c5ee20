import type { Turns } from '../../base/turns.ts'
import { identityPolicy } from '../built-in.ts'
import { QUOTAS } from '../limits.ts'
import { type Entity, entityTitle } from './entities.ts'

type Countable = Pick<Entity, 'kind' | 'name'>

/** A limit: which entities count, what they count towards, and how many may. */
interface Quota {
  readonly kind: Entity['kind']
  readonly limit: number
  readonly what: string
  /** What an entity counts towards, in words; undefined: it does not count. */
  towards(name: readonly string[]): string | undefined
}

const account = () => 'an account'
const attachedTo =
  (kind: string, builtIn = false) =>
  ([target, owner, language, policy = '']: readonly string[]) =>
    target === kind && language === 'ram' && (identityPolicy(language, policy) !== undefined) === builtIn
      ? `${kind} \`${owner}\``
      : undefined

const TABLE: readonly Quota[] = [
  { kind: 'user', limit: QUOTAS.usersDeclared, what: 'users', towards: account },
  { kind: 'group', limit: QUOTAS.groupsPerAccount, what: 'groups', towards: account },
  { kind: 'role', limit: QUOTAS.rolesPerAccount, what: 'roles', towards: account },
  {
    kind: 'policy',
    limit: QUOTAS.policiesPerAccount,
    what: 'policies of one language',
    towards: ([language]) => `an account, ${language}`,
  },
  { kind: 'member', limit: QUOTAS.groupsPerUser, what: 'groups', towards: ([, user]) => `user \`${user}\`` },
  {
    kind: 'access-key',
    limit: QUOTAS.accessKeysPerOwner,
    what: 'access keys',
    towards: ([owner]) => (owner === '' ? 'the root identity' : `user \`${owner}\``),
  },
  { kind: 'attachment', limit: QUOTAS.attachedToUser, what: 'ram policies', towards: attachedTo('user') },
  { kind: 'attachment', limit: QUOTAS.attachedToGroup, what: 'ram policies', towards: attachedTo('group') },
  { kind: 'attachment', limit: QUOTAS.attachedToRole, what: 'ram policies', towards: attachedTo('role') },
  ...['user', 'group', 'role'].map(
    (kind): Quota => ({
      kind: 'attachment',
      limit: QUOTAS.systemAttached,
      what: 'built-in ram policies',
      towards: attachedTo(kind, true),
    }),
  ),
  {
    kind: 'attachment',
    limit: QUOTAS.iamAttached,
    what: 'iam policies',
    towards: ([target, owner, language]) => (language === 'iam' ? `${target} \`${owner}\`` : undefined),
  },
]

/**
 * The first thing too many of every limit that one account's entities exceed. Entities come in the order in which they
 * count: put those that a file adds last, and the mistake stands on one of them.
 */
export function* quotaMistakes<T extends Countable>(
  entities: readonly T[],
): Turns<{ entity: T; message: string }[]> {
  const mistakes: { entity: T; message: string }[] = []
  const ofKind = Map.groupBy(entities, ({ kind }) => kind)
  for (const quota of TABLE) {
    const counts = new Map<string, number>()
    for (const entity of ofKind.get(quota.kind) ?? []) {
      yield
      const towards = quota.towards(entity.name)
      if (towards === undefined) continue
      const count = (counts.get(towards) ?? 0) + 1
      counts.set(towards, count)
      if (count === quota.limit + 1) {
        const title = entityTitle({ ...entity, account: '' }, '')
        mistakes.push({
          entity,
          message: `${title} is one too many: ${towards} has at most ${quota.limit} ${quota.what}`,
        })
      }
    }
  }
  return mistakes
}
