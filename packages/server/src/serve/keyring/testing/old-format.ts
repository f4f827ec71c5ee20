import { createCipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import type { SealLabel } from '../../../crypto/sealed-bytes.ts'
import { openStore } from '../../../store/open.ts'
import type { ReadHandle, WriteHandle } from '../../../store/store.ts'
import { readKeyring } from '../open.ts'
import { sealedColumns } from '../sealed-rows.ts'

/*
 * The format of the time before there was a keyring, as it was written then: everything sealed under keys derived from the
 * root key itself, with no generation named. Kept apart from the code of today, which must read it.
 */

/** The keys that one root key gave. */
export function oldKeys(rootKeyFile: string) {
  const line = readFileSync(rootKeyFile, 'utf8').trim()
  const root = createSecretKey(Buffer.from(line.slice('keyward-root-key-1 '.length), 'base64'))
  const derive = (purpose: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', root, 'keyward', purpose, 32)))
  return {
    sealing: derive('seal/v1'),
    of: (purpose: string) => derive(`derive/v1/${purpose}`),
  }
}

type OldKeys = ReturnType<typeof oldKeys>

export function oldSeal(keys: OldKeys, plaintext: Uint8Array, label: SealLabel): Uint8Array {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keys.sealing, iv)
  const parts = [label.what, label.owner, label.id, label.version ?? ''].flatMap((text) => {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(Buffer.byteLength(text))
    return [size, Buffer.from(text)]
  })
  cipher.setAAD(Buffer.concat(parts))
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Buffer.of(1), iv, body, cipher.getAuthTag()])
}

/** A security token or a diagnostic message. */
export function oldText(keys: OldKeys, purpose: string, packed: Uint8Array): string {
  const head = Buffer.of(1, 1, 0, 0, 0, 0)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keys.of(purpose), iv)
  cipher.setAAD(head)
  const body = Buffer.concat([cipher.update(packed), cipher.final()])
  return Buffer.concat([head, iv, body, cipher.getAuthTag()]).toString('base64')
}

/**
 * Makes the database of a stopped service what it would be if the service of that time had written it: its rows sealed
 * anew in the old format, and no keyring.
 */
export async function makeOld(url: string, rootKeyFile: string): Promise<void> {
  const keys = oldKeys(rootKeyFile)
  const store = await openStore(url, { migrate: false })
  try {
    const keyring = await readKeyring(store.read, rootKeyFile)
    await store.write(async (tx) => {
      for (const { table, column, page } of sealedColumns) {
        for (const { id, sealed, label } of await page(tx, '', 100_000)) {
          const old = oldSeal(keys, keyring.open(sealed, label), label)
          await tx
            .updateTable(table)
            .set({ [column]: old } as never)
            .where('id', '=', id)
            .execute()
        }
      }
      await oldAudit(tx, keys)
      await tx.schema.dropTable('keyring').execute()
      await tx.schema.dropTable('keyring_uses').execute()
      await sql`alter table kms_key_versions drop column uses`.execute(tx)
      await sql`delete from migrations where name like '%-keyring'`.execute(tx)
    })
  } finally {
    await store.close()
  }
}

async function oldAudit(tx: WriteHandle, keys: OldKeys): Promise<void> {
  const mac = (label: string, body: Uint8Array | string) =>
    createHmac('sha256', keys.of('audit')).update(label).update(body).digest()
  for (const row of await tx.selectFrom('audit_batches').selectAll().execute()) {
    const seal = mac(`keyward-audit-seal/1\n${row.chain_id}\n${row.sequence}\n`, row.hash)
    await tx
      .updateTable('audit_batches')
      .set({ seal })
      .where('chain_id', '=', row.chain_id)
      .where('sequence', '=', row.sequence)
      .execute()
  }
  for (const row of await tx.selectFrom('audit_chains').selectAll().execute()) {
    const seal = mac(`keyward-audit-head/1\n${row.id}\n${row.sequence}\n`, row.hash)
    await tx.updateTable('audit_chains').set({ seal }).where('id', '=', row.id).execute()
  }
  for (const row of await tx.selectFrom('audit_pending').selectAll().execute()) {
    const seal = mac(`keyward-audit-pending/1\n${row.chain_id}\n${row.id}\n${row.written_at}\n`, row.entry)
    await tx.updateTable('audit_pending').set({ seal }).where('id', '=', row.id).execute()
  }
  const list = await tx
    .selectFrom('meta')
    .select('value')
    .where('key', '=', 'audit-chains')
    .executeTakeFirstOrThrow()
  const { chains, altered } = JSON.parse(list.value)
  const text = JSON.stringify({ chains, altered })
  const seal = mac(`keyward-audit-chains/1\n${text}`, '').toString('hex')
  await tx
    .updateTable('meta')
    .set({ value: JSON.stringify({ chains, altered, seal }) })
    .where('key', '=', 'audit-chains')
    .execute()
}

/** How many sealed rows are still in the old format, and how many there are. */
export async function countOld(db: ReadHandle): Promise<{ readonly old: number; readonly all: number }> {
  let old = 0
  let all = 0
  for (const { page } of sealedColumns) {
    for (const { sealed } of await page(db, '', 100_000)) {
      all += 1
      if (sealed[0] === 1) old += 1
    }
  }
  return { old, all }
}
