/** Prints a table: the second column to the left, the others to the right. */
export function printColumns(head: readonly string[], lines: readonly (readonly string[])[]): void {
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]!.length)))
  for (const line of [head, ...lines]) {
    const cells = line.map((cell, i) => (i === 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}
