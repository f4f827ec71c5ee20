import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rehead, rpcCall } from '../testing/requests.ts'
import { send, testWire } from '../testing/world.ts'
import { signAcs3, signV1 } from './sign.ts'
import { toXml } from './xml.ts'

interface Node {
  name: string
  attribute?: string
  text: string
  children: Node[]
}

/** Reads XML as strictly as is needed to see that something is wrong with it; throws at the first mistake. */
function parseXml(xml: string): Node {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no document may have them
  const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
  if (forbidden.test(xml) || !xml.isWellFormed()) throw new Error('a character that XML cannot carry')
  const head = '<?xml version="1.0" encoding="UTF-8"?>'
  if (!xml.startsWith(head)) throw new Error('no declaration')
  // A reader turns line ends into LF before it looks at anything else.
  const rest = xml.slice(head.length).replace(/\r\n?/g, '\n')
  const root: Node = { name: '', text: '', children: [] }
  const open = [root]
  const token = /<\/([\w.-]+)>|<([A-Za-z_][\w.-]*)(?: name="([^"<]*)")?>|([^<]+)|(<)/g
  for (const [whole, end, start, attribute, text] of rest.matchAll(token)) {
    const top = open.at(-1)!
    if (end !== undefined) {
      if (open.length < 2 || open.pop()!.name !== end) throw new Error(`</${end}> closes nothing`)
    } else if (start !== undefined) {
      const node: Node = { name: start, text: '', children: [] }
      if (attribute !== undefined) node.attribute = unescaped(attribute.replace(/[\t\n]/g, ' '))
      top.children.push(node)
      open.push(node)
    } else if (text !== undefined) top.text += unescaped(text)
    else throw new Error(`stray ${whole}`)
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text !== '') throw new Error('not one root')
  return root.children[0]!
}

function unescaped(text: string): string {
  if (text.includes(']]>')) throw new Error('an end of CDATA')
  const names: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }
  return text.replace(/&(?:#(\d+);|(\w+);|)/g, (whole, code, name) => {
    if (code !== undefined) return String.fromCodePoint(Number(code))
    if (names[name] === undefined) throw new Error(`stray ${whole}`)
    return names[name]
  })
}

/** The tree that an answer should read as. */
function treeOf(name: string, value: unknown): Node[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.flatMap((item) => treeOf(name, item))
  const node: Node = /^[A-Za-z_][\w.-]*$/.test(name)
    ? { name, text: '', children: [] }
    : { name: 'Entry', attribute: legible(name), text: '', children: [] }
  if (typeof value !== 'object') return [{ ...node, text: legible(String(value)) }]
  return [{ ...node, children: Object.entries(value).flatMap(([key, member]) => treeOf(key, member)) }]
}

function legible(text: string): string {
  return [...text.toWellFormed()]
    .map((c) => {
      const code = c.codePointAt(0)!
      const carried = code >= 0x20 ? code !== 0xfffe && code !== 0xffff : [9, 10, 13].includes(code)
      return carried ? c : '\ufffd'
    })
    .join('')
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc
    .array(fc.constantFrom(...`\r\n\t&<>"']]>\u0000\u001f\u007f\u0085\u2028\ufffe\ud800a;#`))
    .map((parts) => parts.join('')),
)
const name = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[A-Z][A-Za-z]{0,8}$/) },
  { weight: 1, arbitrary: text },
)
const { answer } = fc.letrec<{ answer: Record<string, unknown>; value: unknown }>((tie) => ({
  answer: fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(undefined),
    fc.array(text, { maxLength: 3 }),
    fc.array(tie('answer'), { maxLength: 3 }),
    tie('answer'),
  ),
}))

describe('an answer as XML', () => {
  it('reads as the JSON answer, whatever it holds', () => {
    fc.assert(
      fc.property(answer, (value) => {
        expect(parseXml(toXml('EncryptResponse', value))).toEqual(treeOf('EncryptResponse', value)[0])
      }),
      { numRuns: 1000 },
    )
  })

  // A reader that was not written for this test. Machines without Python show the same by the property above.
  const python = spawnSync('python3', ['-c', 'import xml.etree.ElementTree']).status === 0
  it.skipIf(!python)('reads so to a parser of others (needs python3)', () => {
    const answers = fc.sample(answer, { numRuns: 300, seed: 4 })
    const program = `
import json, sys, xml.etree.ElementTree as E
def tree(e):
    node = {"name": e.tag, "text": e.text or "", "children": [tree(c) for c in e]}
    if "name" in e.attrib: node["attribute"] = e.attrib["name"]
    return node
json.dump([tree(E.fromstring(x.encode("utf-8"))) for x in json.load(sys.stdin)], sys.stdout)`
    const input = JSON.stringify(answers.map((value) => toXml('R', value)))
    const read = spawnSync('python3', ['-c', program], { input, maxBuffer: 1 << 26 })
    expect(read.stderr.toString()).toBe('')
    expect(JSON.parse(read.stdout.toString())).toEqual(answers.map((value) => treeOf('R', value)[0]))
  })

  it('keeps what a reader would change', () => {
    expect(toXml('R', { A: 'x\r\ny]]>' })).toContain('<A>x&#13;\ny]]&gt;</A>')
    expect(toXml('R', { 'a\tb"': '1' })).toContain('<Entry name="a&#9;b&quot;">1</Entry>')
  })
})

describe('XML is answered', () => {
  const asked: [string, { Format?: string; accept?: string }, boolean][] = [
    ['for Format=XML', { Format: 'XML' }, true],
    ['for Format=xml', { Format: 'xml' }, true],
    ['for Accept: text/xml', { accept: 'text/xml' }, true],
    ['for Accept: application/xml', { accept: 'application/xml;q=0.9, text/xml' }, true],
    ['not for Format=JSON', { Format: 'JSON', accept: 'text/xml' }, false],
    ['not for another format', { Format: 'yaml' }, false],
    ['not where JSON is taken too', { accept: 'text/xml, application/json' }, false],
    ['not where anything is taken', { accept: 'text/html,application/xml;q=0.9,*/*;q=0.8' }, false],
    ['not for nothing', {}, false],
  ]
  it.each(asked)('%s', async (_name, { Format, accept }, xml) => {
    const query = { KeyId: 'k', ...(Format && { Format }) }
    const sent = rehead(signAcs3(rpcCall({ query })), { accept })
    const type = xml ? 'text/xml;charset=utf-8' : 'application/json;charset=utf-8'
    const good = await send(testWire('alibaba').wire, sent)
    expect([good.status, good.contentType]).toEqual([200, type])
    expect(good.body.startsWith('<')).toBe(xml)
    const bad = await send(testWire('alibaba').wire, { ...sent, target: `${sent.target}&DryRun=true` })
    expect([bad.status, bad.contentType]).toEqual([400, type])
  })

  it('with the same members as JSON, for successes and errors', async () => {
    const test = testWire('alibaba')
    test.answer = { ok: true, output: { Keys: { Key: [{ KeyId: 'a' }, { KeyId: '\r<b>' }] }, TotalCount: 2 } }
    for (const action of ['Encrypt', 'Nothing']) {
      const answers = []
      for (const Format of ['JSON', 'XML'])
        answers.push(await send(test.wire, signV1(rpcCall({ action, query: { Format } }))))
      const [json, xml] = answers
      const root = action === 'Nothing' ? 'Error' : 'EncryptResponse'
      const [tree] = treeOf(root, { ...json!.json, RequestId: xml!.requestId })
      expect(parseXml(xml!.body)).toEqual(tree)
      expect(xml!.status).toBe(json!.status)
    }
  })
})
