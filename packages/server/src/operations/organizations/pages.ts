import { type Asked, pageOf as pageOfList } from '../iam/pages.ts'

/** How many things a page has where the call does not say: clients that read one page read all. */
const DEFAULT_LIMIT = 1000

/** As IAM pages; markers of Organizations do not tell of which list they are. */
export function pageOf<T>(
  things: readonly T[],
  { limit = DEFAULT_LIMIT, marker }: Asked,
  placeOf: (thing: T) => string,
) {
  return pageOfList(things, { limit, marker }, 'at', placeOf)
}
