import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addLine, lineState, removeLine } from './authorized-keys.ts'

const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y web-01'
const bare = line.split(' ').slice(0, 2).join(' ')
const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEhE4q0Wg4m0Ck0Hx3Nn9cC4b5s2Cw7PgJkQKd5n1ZbX someone'
const file = (...lines: string[]) => Buffer.from(lines.map((one) => `${one}\n`).join(''))

describe('authorized_keys', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), 'absent'],
    ['the line', file(line), 'present'],
    ['the line twice', file(line, other, line), 'present'],
    ['the line without a final newline', Buffer.from(line), 'present'],
    ['others', file(other), 'absent'],
    ['a comment with the key', file(`# ${line}`), 'absent'],
    ['other options', file(`from="10.0.0.0/8" ${line}`), 'changed'],
    ['another comment', file(`${line}x`), 'present'],
    ['no comment', file(bare), 'present'],
    ['a comment of many words', file(`${bare} of "Anna" # do not touch`), 'present'],
    ['CRLF', Buffer.from(`${other}\r\n${line}\r\n`), 'present'],
    ['CRLF and no comment', Buffer.from(`${bare}\r\n`), 'present'],
    ['blanks before and tabs between', file(` \t${line.replace(' ', '\t')}`), 'present'],
    ['two blanks', file(line.replace(' ', '  ')), 'present'],
    ['the line and a changed one', file(line, `no-pty ${line}`), 'changed'],
    ['another type', file(line.replace('ssh-ed25519', 'ssh-rsa')), 'changed'],
  ] as const)('with %s', (_name, content, state) => {
    expect(lineState(content, line)).toBe(state)
    if (state !== 'changed') return
    expect(() => addLine(content, line)).toThrow('written by someone else')
    expect(() => removeLine(content, line)).toThrow('no longer as it was written')
  })

  it('gets a line after the last, ended or not', () => {
    expect(addLine(Buffer.alloc(0), line).toString()).toBe(`${line}\n`)
    expect(addLine(Buffer.from(other), line).toString()).toBe(`${other}\n${line}\n`)
    expect(addLine(file(line), line)).toEqual(file(line))
  })

  it('loses a line whatever its comment and its end are, and nothing besides', () => {
    const crlf = Buffer.from(`${other}\r\n${bare} edited\r\n# end\r\n`)
    expect(removeLine(crlf, line).toString()).toBe(`${other}\r\n# end\r\n`)
    expect(addLine(crlf, line)).toEqual(crlf)
    expect(removeLine(file(other, `\t${bare}`), line)).toEqual(file(other))
  })

  it('loses every copy of a line', () => {
    expect(removeLine(file(line, other, line), line)).toEqual(file(other))
    expect(removeLine(Buffer.from(`${other}\n${line}`), line)).toEqual(file(other))
  })

  it('keeps the bytes of others, whatever they are', () => {
    const foreign = fc
      .uint8Array({ maxLength: 200 })
      .map((bytes) => Buffer.from(bytes))
      .filter((bytes) => !bytes.toString('latin1').includes(bare))
    fc.assert(
      fc.property(foreign, foreign, (head, tail) => {
        const added = addLine(head, line)
        expect(added.subarray(0, head.length).equals(head)).toBe(true)
        expect(lineState(added, line)).toBe('present')
        const ended =
          head.length === 0 || head.at(-1) === 0x0a ? head : Buffer.concat([head, Buffer.from('\n')])
        expect(removeLine(added, line).equals(ended)).toBe(true)
        const between = Buffer.concat([ended, file(line), tail])
        expect(removeLine(between, line).equals(Buffer.concat([ended, tail]))).toBe(true)
      }),
    )
  })
})
