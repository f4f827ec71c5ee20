import { hash } from 'node:crypto'
import { sql } from 'kysely'
import { partsOf } from './handles.ts'
import { hotQuery, hotStatement } from './hot.ts'
import type { ReadHandle, RevisionKind, Store, WriteHandle } from './store.ts'

/*
 * `revisions.recent` says which entities the last changes were of, newest last:
 *
 *   recent = change*                   change = "|" ( "*" | tag* )            tag = 8 characters
 *
 * one change for each step of the revision, cut off in front. Whoever holds revision r and finds r + n reads the last n
 * changes; where there are fewer than n, or one of them is `*`, anything may have changed. A tag is a hash of the entity's
 * name: two names with one tag only make a cache forget more than it must.
 */
const TAG = 8
/** Characters that are kept of it: some 500 entities. */
const RECENT = 4096

/** What changed in one transaction, or in a group of them, by account and kind. */
export type Bumps = Map<string, Bump>

interface Bump {
  readonly accountUid: string
  readonly kind: RevisionKind
  /** Undefined: anything of this kind. */
  tags: Set<string> | undefined
}

/** The short name of an entity in `recent`. */
export function changeTag(item: string): string {
  return hash('sha1', item, 'base64url').slice(0, TAG)
}

/**
 * Notes that decisions or keys of an account change, to be called in the transaction of every write that changes some
 * (not for task progress, last-used times or audit). `items` are the entities that change; without them, anything may have.
 *
 * What bodies of one commit note becomes one step of each revision, written at its end.
 */
export async function bumpRevision(
  tx: WriteHandle,
  accountUid: string,
  kind: RevisionKind = 'identity',
  items?: readonly string[],
): Promise<void> {
  const { bumps } = partsOf(tx)
  addBump(bumps, { accountUid, kind, tags: items && new Set(items.map(changeTag)) })
}

/** Adds what one body noted to what its group writes. */
export function addBumps(to: Bumps, from: Bumps): void {
  for (const bump of from.values()) addBump(to, bump)
}

function addBump(bumps: Bumps, { accountUid, kind, tags }: Bump): void {
  const name = `${accountUid} ${kind}`
  const found = bumps.get(name)
  if (!found) bumps.set(name, { accountUid, kind, tags: tags && new Set(tags) })
  else if (!tags) found.tags = undefined
  else for (const tag of tags) found.tags?.add(tag)
}

function changeOf({ tags }: Bump): string {
  return tags === undefined || tags.size * TAG > RECENT ? '|*' : `|${[...tags].join('')}`
}

const bumpOne = hotStatement((tx) =>
  tx
    .insertInto('revisions')
    .values({ account_uid: '', kind: '', revision: 1, recent: '' })
    .onConflict((c) =>
      c.columns(['account_uid', 'kind']).doUpdateSet({
        revision: sql`revisions.revision + 1`,
        recent: sql`substr(revisions.recent || excluded.recent, ${sql.lit(-RECENT)})`,
      }),
    ),
)

/** Writes what was noted, in the order of the rows' keys. To be called last, in the same transaction. */
export async function writeBumps(tx: WriteHandle, bumps: Bumps): Promise<void> {
  if (bumps.size === 0) return
  const rows = [...bumps.values()]
    .map((bump) => ({
      account_uid: bump.accountUid,
      kind: bump.kind,
      revision: 1,
      recent: changeOf(bump),
    }))
    .sort((a, b) => compare(a.account_uid, b.account_uid) || compare(a.kind, b.kind))
  if (partsOf(tx).kind === 'sqlite') {
    for (const { account_uid, kind, recent } of rows) bumpOne(tx, [account_uid, kind, 1, recent])
    return
  }
  for (let at = 0; at < rows.length; at += LIST) {
    await tx
      .insertInto('revisions')
      .values(rows.slice(at, at + LIST))
      .onConflict((c) =>
        c.columns(['account_uid', 'kind']).doUpdateSet({
          revision: sql`revisions.revision + 1`,
          recent: sql`right(revisions.recent || excluded.recent, ${sql.lit(RECENT)})`,
        }),
      )
      .execute()
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** As {@link bumpRevision}, for every account that anything is held of: rare, and every cache begins anew. */
export async function bumpEveryRevision(tx: WriteHandle): Promise<void> {
  await tx
    .updateTable('revisions')
    .set((eb) => ({ revision: eb('revision', '+', 1), recent: '' }))
    .execute()
}

/** Where the revision of an account stands, and what moved it last. */
export interface RevisionRow {
  readonly revision: number
  readonly recent: string
}

/** Before the first change there is no row. */
const NO_ROW: RevisionRow = Object.freeze({ revision: 0, recent: '' })

const revisionRow = hotQuery((db) =>
  db
    .selectFrom('revisions')
    .select(['revision', 'recent'])
    .where('account_uid', '=', '')
    .where('kind', '=', 'identity'),
)

export async function readRevisionRow(
  db: ReadHandle,
  accountUid: string,
  kind: RevisionKind,
): Promise<RevisionRow> {
  const [row] = await revisionRow(db, [accountUid, kind])
  return row ?? NO_ROW
}

/** The account's revision; 0 before its first bump. */
export async function readRevision(
  db: ReadHandle,
  accountUid: string,
  kind: RevisionKind = 'identity',
): Promise<number> {
  return (await readRevisionRow(db, accountUid, kind)).revision
}

/** Tags of the entities that changed since a revision; undefined when anything may have. */
export function changedSince(row: RevisionRow, revision: number): ReadonlySet<string> | undefined {
  const steps = row.revision - revision
  const changes = row.recent.split('|').slice(1)
  if (steps < 0 || changes.length < steps) return undefined
  const tags = new Set<string>()
  for (const change of steps === 0 ? [] : changes.slice(-steps)) {
    if (change === '*') return undefined
    for (let at = 0; at < change.length; at += TAG) tags.add(change.slice(at, at + TAG))
  }
  return tags
}

/** A revision that was read, of one kind of one account. */
export interface FoundRevision {
  readonly account_uid: string
  readonly kind: string
  readonly revision: number
}

/** Revisions of the accounts, of every kind that has a row: the others are 0. */
export async function readRevisions(
  { kind, read: db }: Pick<Store, 'kind' | 'read'>,
  accountUids: readonly string[],
): Promise<readonly FoundRevision[]> {
  if (kind === 'postgres') {
    const { rows } = await sql<FoundRevision>`
      select account_uid, kind, revision from revisions where account_uid = any(${[...accountUids]}::text[])`.execute(
      db,
    )
    return rows
  }
  const found: FoundRevision[] = []
  // A fixed length of list, the last one filled up with repetitions, so that few texts of the query exist.
  for (let at = 0; at < accountUids.length; at += LIST) {
    const part = accountUids.slice(at, at + LIST)
    while (part.length < LIST && part.length > 1) part.push(part[0]!)
    found.push(
      ...(await db
        .selectFrom('revisions')
        .select(['account_uid', 'kind', 'revision'])
        .where('account_uid', 'in', part)
        .execute()),
    )
  }
  return found
}

const LIST = 200
