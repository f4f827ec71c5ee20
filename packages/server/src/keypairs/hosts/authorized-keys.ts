import { HostFailure } from './failure.ts'

/*
 * authorized_keys: a line a key, `[options] <type> <base64> [comment]`; empty lines and those that begin with `#` mean
 * nothing. Texts here are bytes as latin1, so that lines of others pass through unchanged whatever they hold.
 *
 * A line is ours by its key alone: editors write CRLF, and people write comments of their own. Options are another entity:
 * someone has bound the key to a command or an address, and that is not ours to drop.
 */

/**
 * How the key of a line stands in a file: in lines without options (once or more), or not at all, or in a line with
 * options.
 */
export type LineState = 'present' | 'absent' | 'changed'

export function lineState(file: Buffer, line: string): LineState {
  const ours = keyOf(line)
  const withKey = linesOf(file).filter((one) => holdsKey(one, ours.blob))
  if (withKey.length === 0) return 'absent'
  return withKey.every((one) => isPlain(one, ours)) ? 'present' : 'changed'
}

/** Puts a line at the end, unless its key is there. Raises `KeysAltered` when it stands in a line with options. */
export function addLine(file: Buffer, line: string): Buffer {
  const state = lineState(file, line)
  if (state === 'present') return file
  if (state === 'changed') {
    throw new HostFailure(
      'KeysAltered',
      'authorized_keys holds the key already, in a line written by someone else',
    )
  }
  const gap = file.length === 0 || file.at(-1) === 0x0a ? '' : '\n'
  return Buffer.concat([file, Buffer.from(`${gap}${toLatin1(line)}\n`, 'latin1')])
}

/** Takes the key of a line out, wherever it stands. Raises `KeysAltered` when it stands in a line with options. */
export function removeLine(file: Buffer, line: string): Buffer {
  const state = lineState(file, line)
  if (state === 'absent') return file
  if (state === 'changed') {
    throw new HostFailure(
      'KeysAltered',
      'the line of the bound key in authorized_keys is no longer as it was written: it has options',
    )
  }
  const ours = keyOf(line)
  const text = file.toString('latin1')
  const kept = (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).filter((one) => !isPlain(one.replace(/\n$/, ''), ours))
  return Buffer.from(kept.join(''), 'latin1')
}

/** The key of a line, for telling two lines of one key. */
export function sameKey(line: string, other: string): boolean {
  return line.split(' ')[1] === other.split(' ')[1]
}

function linesOf(file: Buffer): string[] {
  return file.toString('latin1').split('\n')
}

interface LineKey {
  readonly type: string
  readonly blob: string
}

function keyOf(line: string): LineKey {
  const [type = '', blob = ''] = line.split(' ')
  return { type, blob }
}

function holdsKey(line: string, blob: string): boolean {
  return !/^[ \t]*#/.test(line) && line.split(/[ \t\r"]+/).includes(blob)
}

/** A line of the key without options. */
function isPlain(line: string, { type, blob }: LineKey): boolean {
  const [first, second] = line.split(/[ \t\r]+/).filter((word) => word !== '')
  return first === type && second === blob
}

function toLatin1(line: string): string {
  return Buffer.from(line, 'utf8').toString('latin1')
}
