import { HostFailure } from './failure.ts'

/*
 * authorized_keys: a line a key, `[options] <type> <base64> [comment]`; empty lines and those that begin with `#` mean
 * nothing. Texts here are bytes as latin1, so that lines of others pass through unchanged whatever they hold.
 */

/**
 * How a line of ours stands in a file: there exactly as it was written (once or more), or not at all, or its key stands in
 * another line.
 */
export type LineState = 'present' | 'absent' | 'changed'

export function lineState(file: Buffer, line: string): LineState {
  const ours = toLatin1(line)
  const blob = ours.split(' ')[1] as string
  const withKey = linesOf(file).filter((one) => holdsKey(one, blob))
  if (withKey.length === 0) return 'absent'
  return withKey.every((one) => one === ours) ? 'present' : 'changed'
}

/** Puts a line at the end, unless it is there. Raises `KeysAltered` when its key stands in a line of someone else. */
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

/** Takes a line out, wherever it stands. Raises `KeysAltered` when its key stands in a line of someone else. */
export function removeLine(file: Buffer, line: string): Buffer {
  const state = lineState(file, line)
  if (state === 'absent') return file
  if (state === 'changed') {
    throw new HostFailure(
      'KeysAltered',
      'the line of the bound key in authorized_keys is no longer as it was written',
    )
  }
  const ours = toLatin1(line)
  const text = file.toString('latin1')
  const kept = (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).filter((one) => one.replace(/\n$/, '') !== ours)
  return Buffer.from(kept.join(''), 'latin1')
}

/** The key of a line, for telling two lines of one key. */
export function sameKey(line: string, other: string): boolean {
  return line.split(' ')[1] === other.split(' ')[1]
}

function linesOf(file: Buffer): string[] {
  return file.toString('latin1').split('\n')
}

function holdsKey(line: string, blob: string): boolean {
  return !/^[ \t]*#/.test(line) && line.split(/[ \t\r"]+/).includes(blob)
}

function toLatin1(line: string): string {
  return Buffer.from(line, 'utf8').toString('latin1')
}
