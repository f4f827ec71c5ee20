/**
 * What a function made of a text, kept for the texts that came lately: for work that is pure and costs more than to look the
 * text up. Not kept: what threw.
 */
export function createRecent<T extends object>(make: (text: string) => T, most: number): (text: string) => T {
  let recent = new Map<string, T>()
  /** Those before: one that is asked for again is recent again, the others go with the next turn. */
  let former = new Map<string, T>()
  let size = 0
  return (text) => {
    const held = recent.get(text)
    if (held) return held
    const made = former.get(text) ?? make(text)
    size += text.length
    if (size > most / 2) {
      former = recent
      recent = new Map()
      size = text.length
    }
    recent.set(text, made)
    return made
  }
}
