/** Characters that XML 1.0 cannot carry at all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

function text(value: string): string {
  return value
    .toWellFormed()
    .replace(FORBIDDEN, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** Element names of answers are the vendor's; a map's keys may be anything and then become `Entry`. */
function elementName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? name : 'Entry'
}

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('')
  const tag = elementName(name)
  if (typeof value === 'object') return `<${tag}>${members(value)}</${tag}>`
  return `<${tag}>${text(String(value))}</${tag}>`
}

function members(value: object): string {
  return Object.entries(value)
    .map(([name, member]) => element(name, member))
    .join('')
}

/** An answer as XML: members become elements, an array repeats its element. */
export function toXml(root: string, answer: object): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${element(root, answer)}`
}
