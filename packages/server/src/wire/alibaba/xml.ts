/** Characters that XML 1.0 cannot carry at all, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** What means something in XML, or would be changed by its reader: CR becomes LF, and in an attribute both a space. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
}

/** Text as it stands in an element. Forbidden characters and lone surrogates become U+FFFD. */
function text(value: string): string {
  return carried(value).replace(/[&<>\r]/g, (c) => ESCAPES[c]!)
}

function attribute(value: string): string {
  return carried(value).replace(/[&<>"\r\n\t]/g, (c) => ESCAPES[c]!)
}

function carried(value: string): string {
  return value.toWellFormed().replace(FORBIDDEN, '\ufffd')
}

/** Element names of answers are the vendor's; what cannot be a name stands in an attribute. */
function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('')
  const inner = typeof value === 'object' ? members(value) : text(String(value))
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)
    ? `<${name}>${inner}</${name}>`
    : `<Entry name="${attribute(name)}">${inner}</Entry>`
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
