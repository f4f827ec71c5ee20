import { refuse } from '../../base/problem.ts'

/** How many things a page has where the call does not say: clients that read one page read all. */
const DEFAULT_LIMIT = 1000

export interface Asked {
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}

/** A page of things in the order of their places, which are unique; the marker holds the place of the last thing shown. */
export function pageOf<T>(
  things: readonly T[],
  { limit = DEFAULT_LIMIT, marker }: Asked,
  placeOf: (thing: T) => string,
) {
  const after = marker === undefined ? undefined : readMarker(marker)
  const left = things
    .map((thing) => ({ thing, place: placeOf(thing) }))
    .filter(({ place }) => after === undefined || place > after)
    .sort((a, b) => (a.place < b.place ? -1 : 1))
  const page = left.slice(0, limit)
  const more = left.length > limit ? { next_marker: makeMarker(page.at(-1)!.place) } : {}
  return { page: page.map(({ thing }) => thing), page_info: { ...more, current_count: page.length } }
}

const MARK = 'at/'

function makeMarker(place: string): string {
  return Buffer.from(MARK + place, 'utf8').toString('base64url')
}

function readMarker(marker: string): string {
  const place = Buffer.from(marker, 'base64url').toString('utf8')
  if (!place.startsWith(MARK)) throw refuse({ code: 'InvalidParameter', name: 'marker' })
  return place.slice(MARK.length)
}
