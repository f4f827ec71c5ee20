import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { createRootKey } from './root-key.ts'
import { createRootKeyFile, readRootKeyFile } from './root-key-file.ts'
import { lengthPrefixed, sealOverhead } from './sealed-bytes.ts'

const label = { what: 'key-material', owner: '1', id: 'k', version: 'v' }
const key = createRootKey(new Uint8Array(32).fill(7))
const unreadable = expect.objectContaining({ problem: expect.objectContaining({ code: 'Unavailable' }) })

describe('root key', () => {
  it('opens what it sealed under the same label', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const sealed = key.seal(bytes, label)
        expect(sealed).toHaveLength(bytes.length + sealOverhead(0))
        expect([...key.open(sealed, label)]).toEqual([...bytes])
      }),
    )
  })

  it.each([
    ['kind', { ...label, what: 'access-key-secret' }],
    ['owner', { ...label, owner: '2' }],
    ['id', { ...label, id: 'l' }],
    ['version', { ...label, version: 'w' }],
    ['missing version', { what: 'key-material', owner: '1', id: 'k' }],
    ['shifted boundary', { ...label, owner: '1k', id: '' }],
  ])('does not open under another %s', (_what, other) => {
    const sealed = key.seal(Buffer.from('material'), label)
    expect(() => key.open(sealed, other)).toThrow(unreadable)
  })

  it('does not open with any bit flipped, nor under another root key', () => {
    const sealed = Buffer.from(key.seal(Buffer.from('material'), label))
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = Buffer.from(sealed)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => key.open(flipped, label)).toThrow(unreadable)
    }
    const other = createRootKey(new Uint8Array(32).fill(8))
    expect(() => other.open(sealed, label)).toThrow(unreadable)
    expect(other.checkValue).not.toBe(key.checkValue)
  })

  it('derives one key a purpose', () => {
    expect(key.derive('audit').export()).toEqual(key.derive('audit').export())
    expect(key.derive('audit').export()).not.toEqual(key.derive('other').export())
  })

  it('encodes no two lists of texts alike', () => {
    const list = fc.array(fc.string(), { maxLength: 4 })
    fc.assert(
      fc.property(list, list, (one, other) => {
        expect(lengthPrefixed(one).equals(lengthPrefixed(other))).toBe(
          JSON.stringify(one) === JSON.stringify(other),
        )
      }),
    )
  })
})

describe('root key file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-'))
  const path = join(folder, 'root.key')
  afterEach(() => rmSync(path, { force: true }))

  it('is written once, for the owner only, and read back', () => {
    const made = createRootKeyFile(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readRootKeyFile(path).checkValue).toBe(made.checkValue)
    expect(() => createRootKeyFile(path)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  })

  it('is refused when others can read it, or when it is something else', () => {
    createRootKeyFile(path)
    chmodSync(path, 0o644)
    expect(() => readRootKeyFile(path)).toThrow(/chmod 600/)
    rmSync(path)
    writeFileSync(path, 'hello', { mode: 0o600 })
    expect(() => readRootKeyFile(path)).toThrow(/not a keyward root key file/)
  })
})
