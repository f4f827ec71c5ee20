import { createBreather } from '../../base/turns.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { ReadHandle } from '../../store/store.ts'
import { openFingerprint } from '../access-keys.ts'
import { builtInOf } from '../built-in.ts'
import { chunksInTurns } from '../rows.ts'
import type { Entity, EntityKind, StoredEntity } from './entities.ts'
import type { MatchedAccount } from './match.ts'

/**
 * Everything that is in the directories of the matched accounts, as entities. `givenKeys` are the ids of access keys that
 * the file gives with their secrets: those alone are opened, to compare them, and those alone are known by their id when
 * they also have a label.
 */
export async function readCurrent(
  db: ReadHandle,
  keyring: Pick<Keyring, 'open'>,
  accounts: readonly MatchedAccount[],
  givenKeys: ReadonlySet<string>,
): Promise<StoredEntity[]> {
  const entities: StoredEntity[] = []
  const breathe = createBreather()
  for (const { row } of accounts) {
    if (!row) continue
    await breathe()
    const { id: uid } = row
    const add = (
      kind: EntityKind,
      { declared_by }: { declared_by: string },
      id: string,
      name: string[],
      fields: Entity['fields'] = {},
    ) => entities.push({ kind, account: uid, id, name, fields, declaredBy: declared_by as 'api' | 'file' })
    const alias = await db
      .selectFrom('account_aliases')
      .select('alias')
      .where('account_uid', '=', uid)
      .executeTakeFirst()
    add('account', row, uid, [], { name: row.name, alias: alias?.alias ?? '' })
    const policies = await db.selectFrom('policies').selectAll().where('account_uid', '=', uid).execute()
    for (const p of policies) {
      await breathe()
      add('policy', p, p.id, [p.language, p.name], {
        description: p.description,
        path: p.path,
        document: p.document,
        tags: p.tags,
      })
    }
    const groups = await db.selectFrom('user_groups').selectAll().where('account_uid', '=', uid).execute()
    for (const g of groups) add('group', g, g.id, [g.name], { description: g.description })
    const users = await db.selectFrom('users').selectAll().where('account_uid', '=', uid).execute()
    for (const u of users) {
      await breathe()
      add('user', u, u.id, [u.name], {
        displayName: u.display_name,
        description: u.description,
        mobilePhone: u.mobile_phone,
        email: u.email,
        enabled: String(Number(u.enabled) === 1),
        tags: u.tags,
      })
    }
    const roles = await db.selectFrom('roles').selectAll().where('account_uid', '=', uid).execute()
    for (const r of roles) {
      add('role', r, r.id, [r.name], {
        description: r.description,
        path: r.path,
        trustRam: r.trust_ram,
        trustIam: r.trust_iam,
        maxSessionSeconds: r.max_session,
        tags: r.tags,
        service: r.service,
      })
    }
    const nameOf = new Map([...groups, ...users, ...roles].map((row) => [row.id, row.name]))
    const members = await db.selectFrom('group_members').selectAll().where('account_uid', '=', uid).execute()
    for (const m of members) {
      await breathe()
      add('member', m, m.group_id, [nameOf.get(m.group_id) ?? '', nameOf.get(m.user_id) ?? ''])
    }
    const policyOf = new Map(policies.map((p) => [p.id, p]))
    const attached = await db
      .selectFrom('policy_attachments')
      .selectAll()
      .where('account_uid', '=', uid)
      .execute()
    for (const a of attached) {
      await breathe()
      const policy = builtInOf(a.policy_id) ?? policyOf.get(a.policy_id)
      const target = nameOf.get(a.target_id)
      if (policy && target)
        add('attachment', a, a.policy_id, [a.target_kind, target, policy.language, policy.name])
    }
    const keys = await db.selectFrom('access_keys').selectAll().where('account_uid', '=', uid).execute()
    for (const k of keys) {
      await breathe()
      const owner = k.user_id === null ? '' : (nameOf.get(k.user_id) ?? '')
      if (givenKeys.has(k.id)) {
        const secret = openFingerprint(
          keyring,
          { accountUid: uid, userId: k.user_id, accessKeyId: k.id },
          k.sealed_secret,
        )
        add('access-key', k, k.id, [owner, 'id', k.id], { status: k.status, secret })
      } else {
        const known = k.label === null ? ['id', k.id] : ['label', k.label]
        add('access-key', k, k.id, [owner, ...known], { status: k.status })
      }
    }
  }
  return entities
}

export interface KeyOwner {
  /** Uid. */
  readonly account: string
  /** Name of the user, empty for root. */
  readonly user: string
  readonly label: string | null
}

/** Who has these access keys already, in whichever account. */
export async function readKeyOwners(db: ReadHandle, ids: readonly string[]): Promise<Map<string, KeyOwner>> {
  const owners = new Map<string, KeyOwner>()
  for await (const part of chunksInTurns(ids)) {
    const rows = await db
      .selectFrom('access_keys')
      .leftJoin('users', 'users.id', 'access_keys.user_id')
      .select(['access_keys.id', 'access_keys.account_uid', 'access_keys.label', 'users.name'])
      .where('access_keys.id', 'in', part)
      .execute()
    for (const { id, account_uid: account, name, label } of rows)
      owners.set(id, { account, user: name ?? '', label })
  }
  return owners
}
