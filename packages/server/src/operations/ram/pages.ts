/** How many entities a list answers at once where the call does not say (reference: alibaba-ram.md G.1). */
const DEFAULT_ITEMS = 100

export interface Asked {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/** What to ask the store for: one row more than is shown, to see whether there are more. */
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

/**
 * As many rows as are wanted, of those that are kept: read by name, a page at a time, so that no more is read than it takes.
 */
export async function filled<T extends { readonly name: string }>(
  { after, limit }: { readonly after: string; readonly limit: number },
  read: (after: string, limit: number) => Promise<readonly T[]>,
  keep: (row: NoInfer<T>) => boolean,
): Promise<T[]> {
  const kept: T[] = []
  for (let from = after; ; ) {
    const rows = await read(from, limit)
    kept.push(...rows.filter(keep))
    if (kept.length >= limit || rows.length < limit) return kept.slice(0, limit)
    from = rows.at(-1)!.name
  }
}
