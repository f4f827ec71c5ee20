import { type CompiledPolicies, compilePolicies, type LanguageName, systemPolicy } from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import type { ReadHandle } from '../store/store.ts'
import { builtInOf } from './built-in.ts'
import { documentOf } from './layers.ts'
import type { Account } from './principal.ts'
import { readAccount } from './queries.ts'

/** Where an account stands in the organization, as decisions and condition keys look at it. */
export interface Position {
  /** Absent: the account is in no organization. */
  readonly organization?: {
    readonly id: string
    /** Ids from the root down to the folder that the account stands in. */
    readonly folders: readonly string[]
    readonly management: Account
  }
  /** Whether no policy of the organization binds it: it is the management account, or in no organization. */
  readonly free: boolean
  /** What binds it, root first; by language. Empty when it is free. */
  readonly levels: Readonly<Record<LanguageName, readonly CompiledPolicies[]>>
}

const LANGUAGES = ['ram', 'iam'] as const
const POLICY_TYPE = { iam: 'scp', ram: 'control' } as const
const NO_LEVELS: Position['levels'] = Object.freeze({ ram: [], iam: [] })

/** The position of an account without an organization. */
export const NOWHERE: Position = Object.freeze({ free: true, levels: NO_LEVELS })

/** More folders than any account can stand under: a ring in the tree would be a defect. */
const DEEPEST = 16

/** Reads and compiles what bounds an account. Everything that it reads moves the account's revision when it changes. */
export async function readPosition(db: ReadHandle, uid: string): Promise<Position> {
  const member = await db
    .selectFrom('organization_members')
    .select('folder_id')
    .where('account_uid', '=', uid)
    .executeTakeFirst()
  if (!member) return NOWHERE
  const organization = await db.selectFrom('organizations').selectAll().executeTakeFirst()
  const management = organization && (await readAccount(db, 'id', organization.management_uid))
  if (!management) throw broken('has no management account')
  const folders = await readFolders(db, member.folder_id)
  const free = management.uid === uid
  const enabled = LANGUAGES.filter((language) => Number(organization[`${language}_enabled`]) === 1)
  const levels = free ? NO_LEVELS : await readLevels(db, [...folders, uid], enabled)
  return Object.freeze({
    organization: Object.freeze({ id: organization.id, folders, management }),
    free,
    levels,
  })
}

async function readFolders(db: ReadHandle, lowest: string): Promise<readonly string[]> {
  const ids: string[] = []
  for (let id = lowest; id !== ''; ) {
    const row = await db
      .selectFrom('organization_folders')
      .select('parent_id')
      .where('id', '=', id)
      .executeTakeFirst()
    if (!row || ids.length === DEEPEST) throw broken('has no root')
    ids.unshift(id)
    id = row.parent_id
  }
  return Object.freeze(ids)
}

/** A kind of policy that is switched off binds nothing: it has no levels. */
async function readLevels(
  db: ReadHandle,
  targets: readonly string[],
  enabled: readonly LanguageName[],
): Promise<Position['levels']> {
  const rows = await db
    .selectFrom('organization_attachments')
    .leftJoin('organization_policies', 'organization_policies.id', 'organization_attachments.policy_id')
    .select(['organization_attachments.target_id', 'organization_attachments.policy_id'])
    .select([
      'organization_attachments.language',
      'organization_policies.name',
      'organization_policies.document',
    ])
    .where('organization_attachments.target_id', 'in', [...targets])
    .execute()
  const levels = LANGUAGES.map((language) => {
    if (!enabled.includes(language)) return [language, NO_LEVELS[language]] as const
    const type = POLICY_TYPE[language]
    const sets = targets.map((target) => {
      const attached = rows.filter((row) => row.target_id === target && row.language === language)
      const documents = attached.map(({ policy_id, name, document }) => {
        const builtIn = builtInOf(policy_id)
        // A policy that is gone might have held a Deny, and one that cannot be read says nothing: neither is skipped.
        const text = builtIn ? systemPolicy(language, builtIn.name)?.document : document
        return documentOf(language, { name: builtIn?.name ?? name ?? policy_id, document: text ?? '' }, type)
      })
      return compilePolicies(language, documents)
    })
    return [language, Object.freeze(sets)] as const
  })
  return Object.freeze(Object.fromEntries(levels)) as Position['levels']
}

function broken(what: string) {
  return refuse({ code: 'Unavailable', detail: `the organization ${what}` })
}

/** `o-abc/r-abc/ou-abc/DOMAIN`: the path of an account as `iam` writes it; as `ram`, with its own prefixes and the uid. */
export function positionPath(
  position: Position,
  account: Account,
  language: LanguageName,
): string | undefined {
  const { organization } = position
  if (!organization) return undefined
  const [head, folder, leaf] =
    language === 'iam' ? ['o-', 'ou-', account.domainId] : ['rd-', 'fd-', account.uid]
  const [root, ...below] = organization.folders
  return [`${head}${organization.id}`, `r-${root}`, ...below.map((id) => folder + id), leaf].join('/')
}
