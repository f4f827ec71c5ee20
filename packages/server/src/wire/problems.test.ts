import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problemCodes as alibaba } from './alibaba/problems.ts'
import { problemCodes as huawei } from './huawei/problems.ts'

// What an operation can raise is what its module, and all that it imports at run time, writes down as a problem.

const source = normalize(join(import.meta.dirname, '..'))
const known = new Set<string>([...alibaba, ...huawei])
/** The wires themselves raise what concerns bytes; only a call with a nonce, which Alibaba alone has, raises `NonceUsed`. */
const OF_THE_WIRE = { alibaba: ['RequestTooLarge', 'NonceUsed'], huawei: ['RequestTooLarge'] }

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^(?:import|export)\s+(?!type\s)[^'"]*?from\s+'(\.[^']+)'/gms)]
    .map(([, path]) => normalize(join(dirname(file), path!)))
    .filter((path) => existsSync(path) && !path.startsWith(join(source, 'wire/')))
}

function raisedFrom(bindings: string): string[] {
  const seen = new Set<string>()
  const left = [...imports(bindings), join(source, 'pipeline/pipeline.ts')]
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    left.push(...imports(file))
  }
  const codes = [...seen].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bcode: '(\w+)'/g)].map(([, code]) => code!),
  )
  return [...new Set(codes.filter((code) => known.has(code) && code !== 'NonceUsed'))]
}

describe.each([
  ['alibaba', alibaba],
  ['huawei', huawei],
] as const)('the words of the %s wire', (wire, codes) => {
  it('cover every problem that its operations can raise, and no other', () => {
    const raised = raisedFrom(join(source, 'wire', wire, 'bindings.ts'))
    expect(raised.length).toBeGreaterThan(20)
    expect([...codes].sort()).toEqual([...new Set([...raised, ...OF_THE_WIRE[wire]])].sort())
  })
})
