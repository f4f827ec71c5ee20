/** Whether two patterns have a text in common. Both are read with `*` and `?`; for documents, never on a decision. */
export function patternsMeet(a: string, b: string): boolean {
  const left = Array.from(a)
  const right = Array.from(b)
  // after[j]: what is left of `a` behind the current character, and `right` from j on, can stand for the same text.
  let after = right.map((_, j) => right.slice(j).every((c) => c === '*'))
  after.push(true)
  for (const one of left.reverse()) {
    const now = new Array<boolean>(right.length + 1).fill(false)
    now[right.length] = one === '*' && after[right.length]!
    for (let j = right.length - 1; j >= 0; j--) {
      const other = right[j]!
      if (one === '*') now[j] = after[j]! || now[j + 1]!
      else if (other === '*') now[j] = now[j + 1]! || after[j]!
      else now[j] = (one === other || one === '?' || other === '?') && after[j + 1]!
    }
    after = now
  }
  return after[0]!
}
