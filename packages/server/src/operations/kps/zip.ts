import { zipSync } from 'fflate'

/** A file of an archive. The name is plain ASCII. */
export interface ZipFile {
  readonly name: string
  readonly content: Uint8Array
}

const UNIX = 3
/** Readable by its owner alone. */
const MODE = (0o100600 << 16) >>> 0

/** Packs files without compression; `time` in milliseconds since the epoch stands there as UTC. */
export function zip(files: readonly ZipFile[], time: number): Buffer {
  // An archive has no time zone, and the library writes the local time of a date.
  const mtime = time + new Date(time).getTimezoneOffset() * 60_000
  const entries = Object.fromEntries(files.map(({ name, content }) => [name, content]))
  return Buffer.from(zipSync(entries, { level: 0, mtime, os: UNIX, attrs: MODE }))
}
