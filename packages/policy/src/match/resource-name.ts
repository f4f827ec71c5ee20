/** The first four segments of resource names: one object for all names that share them, while they are remembered. */
export interface NameHead {
  readonly text: string
  readonly number: number
}

/** A name cut at its fourth colon. */
export interface CutName {
  /** Undefined when the name has fewer than four colons. */
  readonly head: string | undefined
  /** What follows the fourth colon; the whole name when there is none. */
  readonly tail: string
  /** Whether the tail holds a further colon. */
  readonly colonInTail: boolean
}

/** A request's resource name, prepared for the index and for single patterns. */
export interface ResourceName {
  readonly text: string
  readonly head: NameHead | undefined
  readonly tail: string
  readonly colonInTail: boolean
  /** The UTF-16 units of the text stand in here, before `end`. */
  readonly units: Uint16Array
  readonly end: number
}

export function cutName(text: string): CutName {
  let at = -1
  for (let i = 0; i < 4; i++) {
    at = text.indexOf(':', at + 1)
    if (at < 0) return { head: undefined, tail: text, colonInTail: false }
  }
  return { head: text.slice(0, at), tail: text.slice(at + 1), colonInTail: text.indexOf(':', at + 1) >= 0 }
}

/** How many names are remembered, and how long they may be: at most some 14 MB. All are forgotten when it is full. */
const mostNames = 16_384
const longestRemembered = 128
/** Names stand in rows of this many units. */
const rowLength = 65_536

const names = new Map<string, ResourceName>()
const heads = new Map<string, NameHead>()
let row = new Uint16Array(0)
let used = 0

/** Prepares a name. Services ask for the same few again and again, so names are remembered. */
export function resourceName(text: string): ResourceName {
  return names.get(text) ?? prepare(text)
}

function prepare(text: string): ResourceName {
  const { head, tail, colonInTail } = cutName(text)
  const remembered = text.length <= longestRemembered
  if (remembered && names.size >= mostNames) {
    names.clear()
    heads.clear()
    row = new Uint16Array(0)
    used = 0
  }
  const [units, start] = remembered ? placeInRow(text.length) : [new Uint16Array(text.length), 0]
  for (let i = 0; i < text.length; i++) units[start + i] = text.charCodeAt(i)
  const end = start + text.length
  const name: ResourceName = {
    text,
    head: head === undefined ? undefined : headNamed(head, remembered),
    tail,
    colonInTail,
    units,
    end,
  }
  if (remembered) names.set(text, name)
  return name
}

function placeInRow(length: number): readonly [Uint16Array, number] {
  if (used + length > row.length) {
    row = new Uint16Array(rowLength)
    used = 0
  }
  const start = used
  used += length
  return [row, start]
}

function headNamed(text: string, remembered: boolean): NameHead {
  const known = heads.get(text)
  if (known !== undefined) return known
  const head = { text, number: heads.size }
  if (remembered) heads.set(text, head)
  return head
}
