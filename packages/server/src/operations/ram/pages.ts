/** How many entities a list answers at once where the call does not say (reference: alibaba-ram.md G.1). */
const DEFAULT_ITEMS = 100

export interface Asked {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/** What to ask the store for: one thing more than is shown, to see whether there are more. */
export function wanted({ Marker = '', MaxItems = DEFAULT_ITEMS }: Asked, most = 1000) {
  const items = Math.min(MaxItems, most)
  return { after: Marker, items, limit: items + 1 }
}

/** The page of what the store gave, and where the next begins: after the last name that is shown. */
export function pageOf<T>(rows: readonly T[], items: number, nameOf: (row: T) => string) {
  const page = rows.slice(0, items)
  const isTruncated = rows.length > items
  return { page, IsTruncated: isTruncated, ...(isTruncated && { Marker: nameOf(page.at(-1)!) }) }
}
