import { createBreather, each, inTurns } from '../../base/turns.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { IdentityTables } from '../../store/schema/identity.ts'
import type { ReadHandle } from '../../store/store.ts'
import { openSecret } from '../access-keys.ts'
import { readCurrent } from './current.ts'
import { readNetworkThings, readTree } from './current-tree.ts'
import type { WorldDomains } from './domains.ts'
import type { StoredEntity } from './entities.ts'
import { accountFile, organizationFile } from './export-file.ts'
import type { WorldFile } from './schema.ts'

export interface ExportOptions {
  readonly accounts: readonly IdentityTables['accounts'][]
  /** The organization and the networks too. */
  readonly wide: boolean
  /** Secrets of access keys, in clear. */
  readonly secrets: boolean
  readonly operator: string
  readonly domains: WorldDomains
}

export interface ExportedWorld {
  readonly file: WorldFile
  /** What is there and not in the file, a sentence each. */
  readonly left: readonly string[]
  /** How many secrets stand in the file in clear. */
  readonly secrets: number
}

/** What a directory has, as the file that declares it. */
export async function exportWorld(
  db: ReadHandle,
  keyring: Pick<Keyring, 'open'>,
  { accounts, wide, secrets, operator, domains }: ExportOptions,
): Promise<ExportedWorld> {
  const left: string[] = []
  const files: WorldFile['accounts'] = []
  let count = 0
  const breathe = createBreather()
  for (const row of accounts) {
    await breathe()
    const hosts = await domains.host.current(db, row.id)
    const matched = [{ declared: NOTHING, uid: row.id, name: row.name, row }]
    const entities = [...(await readCurrent(db, keyring, matched, new Set())), ...hosts]
    const targets = await domains.target.current(db, row.id)
    // A new target takes its password, which is not shown.
    left.push(...targets.map((target) => `account ${row.name}: target ${target.name[0]}`))
    const opened = secrets ? await openedSecrets(db, keyring, row.id) : new Map<string, string>()
    count += opened.size
    files.push(await inTurns(accountFile(row, entities, opened)))
    left.push(...(await leftOf(db, row, entities, secrets)))
  }
  const tree = wide ? await readTree(db) : []
  const waiting = db.selectFrom('organization_handshakes').select('id').where('status', '=', 'pending')
  if (wide && (await waiting.executeTakeFirst()))
    left.push('organization: invitations that wait for an answer')
  if (wide && (await closedAccounts(db)) > 0) left.push('accounts that are closed and not yet destroyed')
  const networks = wide ? await readNetworkThings(db) : []
  return {
    file: {
      ...(accounts.some(({ id }) => id === operator) && { operator }),
      accounts: files,
      ...(tree.length > 0 && {
        organization: (await inTurns(organizationFile(tree))) as NonNullable<WorldFile['organization']>,
      }),
      ...(networks.length > 0 && { networks: networks.map(networkFile) }),
    },
    left,
    secrets: count,
  }
}

/** `readCurrent` looks at rows alone. */
const NOTHING = Object.freeze({
  path: [],
  at: { path: '', line: 1, column: 1 },
  locations: {} as never,
  entities: [],
})

function networkFile({ name: [address, length], fields }: StoredEntity) {
  const { vpc, endpoint } = fields
  return {
    cidr: `${address}/${length}`,
    vpc: String(vpc),
    ...(endpoint !== '' && { endpoint: String(endpoint) }),
  }
}

async function openedSecrets(db: ReadHandle, keyring: Pick<Keyring, 'open'>, uid: string) {
  const keys = await db.selectFrom('access_keys').selectAll().where('account_uid', '=', uid).execute()
  const opened = each(keys, (key) => {
    const owner = { accountUid: uid, userId: key.user_id, accessKeyId: key.id }
    return [key.id, openSecret(keyring, owner, key.sealed_secret)] as const
  })
  return new Map(await inTurns(opened))
}

/** What no file can say, or this one does not. */
async function closedAccounts(db: ReadHandle): Promise<number> {
  const closures = db.selectFrom('account_closures').select('id').where('destroyed_at', '=', 0)
  return (await closures.execute()).length
}

async function leftOf(
  db: ReadHandle,
  { id: uid, name }: IdentityTables['accounts'],
  entities: readonly StoredEntity[],
  secrets: boolean,
): Promise<string[]> {
  const left = entities
    .filter((entity) => !secrets && entity.kind === 'access-key' && entity.name[1] === 'id')
    .map(({ name: [user, , id] }) => `access key ${id} of ${user === '' ? 'root' : `user ${user}`}`)
  const more = await db
    .selectFrom('policy_versions')
    .innerJoin('policies', 'policies.id', 'policy_versions.policy_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('policies.account_uid', '=', uid)
    .whereRef('policy_versions.number', '!=', 'policies.default_version')
    .executeTakeFirstOrThrow()
  if (Number(more.count) > 0) left.push(`${more.count} versions of policies that are not the default`)
  for (const [table, what] of [
    ['login_profiles', 'login profiles'],
    ['account_settings', 'what is said of passwords, sign-in, contact and payer'],
  ] as const) {
    const there = db.selectFrom(table).select('account_uid').where('account_uid', '=', uid).limit(1)
    if (await there.executeTakeFirst()) left.push(what)
  }
  return left.map((what) => `account ${name}: ${what}`)
}
