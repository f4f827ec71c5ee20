/** The known word that a mistyped one was likely meant to be, or undefined. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    // At least so many letters have to be added or taken away.
    if (Math.abs(candidate.length - word.length) >= least) continue
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < least) [best, least] = [candidate, edits]
  }
  return best
}

/** A did-you-mean to put behind a refusal: empty, or with a leading semicolon. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = suggest(word, known)
  return meant === undefined ? '' : `; did you mean \`${meant}\`?`
}

/** Edits (insert, delete, replace, swap neighbours) between two words. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replace = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swap =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity
      row.push(Math.min(replace, row[j - 1]! + 1, rows[i - 1]![j]! + 1, swap))
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
