import { type Asked, pageOf as pageOfList, readPage as readPageOfList } from '../iam/pages.ts'

/** How many targets a page has where the call does not say: clients that read one page read all. */
const DEFAULT_LIMIT = 1000

/** As IAM pages; markers of Organizations do not tell of which list they are. */
const LIST = 'at'

/** See `readPage` of IAM. */
export function readPage<T>(
  { limit = DEFAULT_LIMIT, marker }: Asked,
  read: (after: string, limit: number) => Promise<readonly T[]>,
  placeOf: (target: NoInfer<T>) => string,
) {
  return readPageOfList({ limit, marker }, { list: LIST, placeOf }, read)
}

/** A page of targets that are few and all there. */
export function pageOf<T>(
  targets: readonly T[],
  { limit = DEFAULT_LIMIT, marker }: Asked,
  placeOf: (target: T) => string,
) {
  return pageOfList(targets, { limit, marker }, LIST, placeOf)
}
