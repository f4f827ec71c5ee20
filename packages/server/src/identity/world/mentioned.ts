import type { ReadHandle } from '../../store/store.ts'

/** A run of characters that can stand in a uid, or in one word of an account's name. */
const WORD = /[\p{L}\p{N}\p{M}_]+/gu

/**
 * Uids of the accounts that a world's text can name, found without reading it: those whose uid, or all words of whose
 * name, stand in it. It may find more than the file names, never less (a uid or name that is written with the escapes of a
 * quoted text apart), in time that grows with the text and the number of accounts alone.
 */
export async function accountsMentioned(db: ReadHandle, text: string): Promise<string[]> {
  const words = new Set(text.match(WORD))
  const accounts = await db.selectFrom('accounts').select(['id', 'name']).execute()
  return accounts.flatMap(({ id, name }) =>
    words.has(id) || (name.match(WORD) ?? []).every((word) => words.has(word)) ? [id] : [],
  )
}
