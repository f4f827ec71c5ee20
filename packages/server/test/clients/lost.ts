type Names = { constructor: { names?: () => Record<string, string> } }

/**
 * Members of the wire's answer that the model of a typed client has and its typed answer has not, at any depth. What the
 * client's model does not know it passes over.
 */
export function lost(typed: unknown, wire: unknown, path = ''): string[] {
  if (Array.isArray(wire)) {
    if (!Array.isArray(typed)) return [`${path}: no list`]
    return wire.flatMap((item, i) => lost(typed[i], item, `${path}.${i}`))
  }
  if (typeof wire !== 'object' || wire === null) return []
  const names = (typed as Names | undefined)?.constructor.names?.()
  if (names === undefined) return typed === undefined ? [path] : []
  return Object.entries(names).flatMap(([own, name]) => {
    const sent = (wire as Record<string, unknown>)[name]
    if (sent === undefined) return []
    const got = (typed as Record<string, unknown>)[own]
    return got === undefined ? [`${path}.${name}`] : lost(got, sent, `${path}.${name}`)
  })
}
