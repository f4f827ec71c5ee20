import type { DecidedRow } from '../pipeline/operation.ts'

/** A row that bodies may ask for, by its table and id. */
export type RowName = Pick<DecidedRow, 'table' | 'id'>

/** Columns of a row as the query builder reads them. Of `kms_keys` all, of other tables at least the version. */
export type KnownRow = Readonly<Record<string, unknown>> & { readonly version: number }

/** What is known to one body of a group. */
export interface BodyRows {
  /** The row as it stands in the transaction now; undefined: that is not known. */
  get(name: RowName): KnownRow | undefined
  /** A statement changed these columns of this row to these values, and nothing else. */
  changed(name: RowName, set: Readonly<Record<string, unknown>>): void
  /** A statement changed something. */
  forget(): void
  /** What the body did stays: the next one knows it. */
  keep(): void
}

/**
 * Rows of the bodies of a group, read by one query once their accounts are locked, and kept as the bodies change them. Over a
 * network a body would wait for its row otherwise, and all that come after it with it.
 *
 * INVARIANT: a row that is given is what the transaction would read. Nobody else changes it while its account is locked;
 * after a change that is not known column by column nothing is given any more.
 */
export interface GroupRows {
  add(table: RowName['table'], rows: readonly (KnownRow & { readonly id: string })[]): void
  body(): BodyRows
  /** What was read before the accounts were locked is worth nothing. */
  clear(): void
}

export function createGroupRows(): GroupRows {
  const known = new Map<string, KnownRow>()
  const keyOf = ({ table, id }: RowName) => `${table} ${id}`
  return {
    add(table, rows) {
      for (const row of rows) known.set(keyOf({ table, id: row.id }), row)
    },
    clear: () => known.clear(),
    body() {
      const own = new Map<string, KnownRow>()
      let forgotten = false
      const get = (name: RowName) => own.get(keyOf(name)) ?? (forgotten ? undefined : known.get(keyOf(name)))
      return {
        get,
        changed(name, set) {
          const row = get(name)
          if (!row) return
          // As the query builder does: what is undefined is left as it is.
          const written = Object.entries(set).filter(([, value]) => value !== undefined)
          own.set(keyOf(name), { ...row, ...Object.fromEntries(written) })
        },
        forget() {
          own.clear()
          forgotten = true
        },
        keep() {
          if (forgotten) known.clear()
          for (const [key, row] of own) known.set(key, row)
        },
      }
    },
  }
}
