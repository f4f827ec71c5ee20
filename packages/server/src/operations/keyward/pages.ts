import { Type } from 'typebox'

/** Input of a list that is shown a page at a time, in the order of the names. */
export const Page = {
  /** `NextMarker` of the page before. */
  Marker: Type.Optional(Type.String({ maxLength: 64 })),
  MaxItems: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
}

/** Output of such a list beside its entries. */
export const Paged = { Total: Type.Integer(), NextMarker: Type.Optional(Type.String()) }

/** After which name to read, and how many: one more than is shown, which says that there is a next page. */
export function askedPage({ Marker = '', MaxItems = 100 }: { Marker?: string; MaxItems?: number }) {
  return { after: Marker, limit: MaxItems + 1 }
}

/** What is shown of the rows that were read. */
export function shownPage<R>(rows: readonly R[], { limit }: { limit: number }, nameOf: (row: R) => string) {
  const page = rows.slice(0, limit - 1)
  return { page, next: rows.length < limit ? {} : { NextMarker: nameOf(page.at(-1)!) } }
}
