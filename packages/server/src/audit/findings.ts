/** One thing that the verification found wrong. Entries and batches count from 1. */
export type AuditFinding =
  | { readonly kind: 'entry-altered'; readonly chain: string; readonly batch: number; readonly entry: number }
  | { readonly kind: 'entry-removed'; readonly chain: string; readonly batch: number; readonly entry: number }
  | {
      readonly kind: 'entry-moved'
      readonly chain: string
      readonly batch: number
      readonly entry: number
      readonly from: number
    }
  | { readonly kind: 'entry-added'; readonly chain: string; readonly batch: number; readonly before: number }
  | { readonly kind: 'batch-altered'; readonly chain: string; readonly batch: number; readonly part: string }
  /** `number` as it stands in the database: below 1, enormous, or no number at all. */
  | { readonly kind: 'batch-added'; readonly chain: string; readonly number: string }
  | { readonly kind: 'batch-removed'; readonly chain: string; readonly batch: number }
  | { readonly kind: 'batch-moved'; readonly chain: string; readonly batch: number; readonly from: number }
  | { readonly kind: 'batch-unlinked'; readonly chain: string; readonly batch: number }
  | { readonly kind: 'tail-cut'; readonly chain: string; readonly batch: number; readonly until: number }
  | { readonly kind: 'head-altered'; readonly chain: string }
  | { readonly kind: 'head-removed'; readonly chain: string }
  | { readonly kind: 'head-behind'; readonly chain: string; readonly batch: number }
  | { readonly kind: 'head-unexpected'; readonly chain: string; readonly batch: number }
  | { readonly kind: 'head-archived'; readonly chain: string; readonly batch: number }
  | { readonly kind: 'floor-altered'; readonly chain: string }
  | { readonly kind: 'batch-returned'; readonly chain: string; readonly batch: number }
  | { readonly kind: 'archive-unlinked'; readonly chain: string; readonly batch: number }
  | { readonly kind: 'chain-removed'; readonly chain: string }
  | { readonly kind: 'chain-unlisted'; readonly chain: string }
  | { readonly kind: 'list-altered' }
  | { readonly kind: 'list-removed' }
  | { readonly kind: 'pending-altered'; readonly chain: string; readonly id: string }

/** A finding as a sentence. */
export function findingText(f: AuditFinding): string {
  const where = 'chain' in f ? `chain \`${f.chain}\`` : ''
  switch (f.kind) {
    case 'entry-altered':
      return `${where}, batch ${f.batch}: entry ${f.entry} was altered`
    case 'entry-removed':
      return `${where}, batch ${f.batch}: entry ${f.entry} was removed`
    case 'entry-moved':
      return `${where}, batch ${f.batch}: in the place of entry ${f.entry} stands entry ${f.from}`
    case 'entry-added':
      return `${where}, batch ${f.batch}: before entry ${f.before} stands one that does not belong there`
    case 'batch-altered':
      return `${where}: batch ${f.batch} was altered (${f.part})`
    case 'batch-added':
      return `${where}: a row numbered \`${f.number}\` stands among the batches, which no batch can be`
    case 'batch-removed':
      return `${where}: batch ${f.batch} was removed`
    case 'batch-moved':
      return `${where}: in the place of batch ${f.batch} stands batch ${f.from}`
    case 'batch-unlinked':
      return `${where}: batch ${f.batch} does not follow the batch before it`
    case 'tail-cut':
      return `${where}: batches ${f.batch} to ${f.until} were cut off the end`
    case 'head-altered':
      return `${where}: its sealed head was altered`
    case 'head-removed':
      return `${where}: its sealed head was removed`
    case 'head-behind':
      return `${where}: its head says that it ends before batch ${f.batch}`
    case 'head-unexpected':
      return `${where}: batch ${f.batch} is not the one that was noted elsewhere: an earlier state was put back`
    case 'head-archived':
      return `${where}: batch ${f.batch}, which was noted elsewhere, was old enough to leave the database: name the folder of the archive too, to compare it`
    case 'floor-altered':
      return `${where}: the sealed note of what was old enough to leave the database was altered`
    case 'batch-returned':
      return `${where}: batch ${f.batch} stands in the database, which it had left for the archive`
    case 'archive-unlinked':
      return `${where}: batch ${f.batch} of the archive is not the one that left the database`
    case 'chain-removed':
      return `${where} was removed`
    case 'chain-unlisted':
      return `${where} stands in no sealed list`
    case 'list-altered':
      return 'the sealed list of the chains was altered'
    case 'list-removed':
      return 'the sealed list of the chains was removed, and whole chains may be gone with it'
    case 'pending-altered':
      return `${where}: the entry \`${f.id}\`, which waits to be chained, was altered`
  }
}
