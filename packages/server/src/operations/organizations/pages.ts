import { type Asked, pageOf as pageOfList } from '../iam/pages.ts'

/** How many targets a page has where the call does not say: clients that read one page read all. */
const DEFAULT_LIMIT = 1000

/** As IAM pages; markers of Organizations do not tell of which list they are. */
export function pageOf<T>(
  targets: readonly T[],
  { limit = DEFAULT_LIMIT, marker }: Asked,
  placeOf: (target: T) => string,
) {
  return pageOfList(targets, { limit, marker }, 'at', placeOf)
}
