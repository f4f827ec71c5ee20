import { refuse } from '../../base/problem.ts'

/** How many rows a page has where the call does not say (reference: huawei-iam.md I.1). */
const DEFAULT_LIMIT = 100

export interface Asked {
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}

/**
 * A page of rows in the order of their places, which are unique. The marker holds the name of the list and the place of the
 * last row shown: whatever comes or goes meanwhile, none is shown twice and none that stays is left out. Raises
 * `InvalidParameter` for a marker of another list.
 */
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

function makeMarker(list: string, place: string): string {
  return Buffer.from(`${list}/${place}`, 'utf8').toString('base64url')
}

function readMarker(marker: string, list: string): string {
  const text = Buffer.from(marker, 'base64url').toString('utf8')
  if (!text.startsWith(`${list}/`)) throw refuse({ code: 'InvalidParameter', name: 'marker' })
  return text.slice(list.length + 1)
}

/** Places by time and then by id: the older first. */
export function placeInTime(milliseconds: number, id: string): string {
  return `${String(milliseconds).padStart(16, '0')}/${id}`
}
