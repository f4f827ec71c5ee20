import { isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from 'yaml'

/**
 * Puts policies that a world names by `file:` into its text, as `document:` and one line of JSON text, so that every
 * other line stays where it is. For the side that has the files: the service takes no path.
 *
 * `read` is given the path as it is written and returns the file's text; what it throws comes out. A text that is no
 * YAML is returned as it is: the service says what is wrong with it.
 */
export function inlinePolicyFiles(text: string, read: (path: string) => string): string {
  const document = parseDocument(text, { stringKeys: true, prettyErrors: false })
  if (document.errors.length > 0) return text
  const named = policiesOf(document.contents).flatMap(fileMember)
  let whole = text
  // From the end, so that the offsets before stay true.
  for (const { key, value } of named.reverse()) {
    const [start] = key.range!
    const [, end] = value.range!
    const body = JSON.stringify(read(String(value.value)))
    whole = `${whole.slice(0, start)}document: ${body}${whole.slice(end)}`
  }
  return whole
}

/** `accounts[*].policies[*]`, where they have the right shape. */
function policiesOf(root: unknown): unknown[] {
  const items = (node: unknown): unknown[] => (isSeq(node) ? node.items : [])
  const member = (node: unknown, name: string): unknown => (isMap(node) ? node.get(name, true) : undefined)
  return items(member(root, 'accounts')).flatMap((account) => items(member(account, 'policies')))
}

function fileMember(policy: unknown): { key: Node; value: Scalar }[] {
  if (!isMap(policy)) return []
  return policy.items.flatMap(({ key, value }) =>
    isScalar(key) && key.value === 'file' && isScalar(value) ? [{ key, value }] : [],
  )
}
