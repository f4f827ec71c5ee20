import { refuse } from '../../base/problem.ts'

/** How many rows a page has where the call does not say (reference: huawei-iam.md I.1). */
const DEFAULT_LIMIT = 100

export interface Asked {
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}

/** The places of a list's rows are unique and give its order. */
export interface Places<T> {
  /** The name of the list: a marker of another list is refused. */
  readonly list: string
  placeOf(row: T): string
}

/**
 * A page of a list in a store. `read` gives the first rows behind a place, in the order of their places, and no more than it
 * is asked for: one row more than is shown, to see whether there are more. The marker holds the name of the list and the
 * place of the last row shown: whatever comes or goes meanwhile, none is shown twice and none that stays is left out.
 * Raises `InvalidParameter` for a marker of another list.
 */
export async function readPage<T>(
  { limit = DEFAULT_LIMIT, marker }: Asked,
  { list, placeOf }: Places<T>,
  read: (after: string, limit: number) => Promise<readonly T[]>,
) {
  const rows = await read(marker === undefined ? '' : readMarker(marker, list), limit + 1)
  const page = rows.slice(0, limit)
  const more = rows.length > limit ? { next_marker: makeMarker(list, placeOf(page.at(-1)!)) } : {}
  return { page, page_info: { ...more, current_count: page.length } }
}

/** A page of rows that are few and all there, in the order of their places. */
export function pageOf<T>(
  rows: readonly T[],
  { limit = DEFAULT_LIMIT, marker }: Asked,
  list: string,
  placeOf: (row: T) => string,
) {
  const after = marker === undefined ? undefined : readMarker(marker, list)
  const left = rows
    .map((row) => ({ row, place: placeOf(row) }))
    .filter(({ place }) => after === undefined || place > after)
    .sort((a, b) => (a.place < b.place ? -1 : 1))
  const page = left.slice(0, limit)
  const more = left.length > limit ? { next_marker: makeMarker(list, page.at(-1)!.place) } : {}
  return { page: page.map(({ row }) => row), page_info: { ...more, current_count: page.length } }
}

/**
 * Reads a list that is several, one behind the other: the places of each begin with its letter and `/`. Of each it reads what
 * is still missing.
 */
export function oneAfterAnother<T>(
  parts: Readonly<Record<string, (after: string, limit: number) => Promise<readonly T[]>>>,
): (after: string, limit: number) => Promise<T[]> {
  return async (after, limit) => {
    const [letter, place] = after === '' ? ['', ''] : [after.slice(0, 1), after.slice(2)]
    const rows: T[] = []
    let isThere = letter === ''
    for (const [name, read] of Object.entries(parts)) {
      const from = name === letter ? place : ''
      isThere ||= name === letter
      if (isThere && rows.length < limit) rows.push(...(await read(from, limit - rows.length)))
    }
    return rows
  }
}

function makeMarker(list: string, place: string): string {
  return Buffer.from(`${list}/${place}`, 'utf8').toString('base64url')
}

function readMarker(marker: string, list: string): string {
  const text = Buffer.from(marker, 'base64url').toString('utf8')
  // A null character is in no place, and one database takes none.
  if (!text.startsWith(`${list}/`) || text.includes('\0'))
    throw refuse({ code: 'InvalidParameter', name: 'marker' })
  return text.slice(list.length + 1)
}

/** Places by time and then by id: the older first. */
export function placeInTime(milliseconds: number, id: string): string {
  return `${String(milliseconds).padStart(16, '0')}/${id}`
}
