import { crc32 } from 'node:zlib'

/** A file of an archive. The name is plain ASCII. */
export interface ZipFile {
  readonly name: string
  readonly content: Uint8Array
}

/*
 * A zip archive without compression (APPNOTE 6.3): every file as a local header, its name and its bytes; then a central
 * directory of the same headers with their offsets; then the end record that says where that begins.
 */
const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const VERSION = 20
/** Made on Unix, readable by its owner alone. */
const MADE_BY_UNIX = (3 << 8) | VERSION
const MODE = (0o100600 << 16) >>> 0

/** Packs files; `time` in milliseconds since the epoch stands there as UTC. */
export function zip(files: readonly ZipFile[], time: number): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, content } of files) {
    const path = Buffer.from(name, 'latin1')
    const common = commonHeader(content, path.length, time)
    const local = Buffer.concat([uint32(LOCAL), common, path, content])
    const central = Buffer.alloc(14)
    central.writeUInt32LE(MODE, 6)
    central.writeUInt32LE(at, 10)
    directory.push(Buffer.concat([uint32(CENTRAL), uint16(MADE_BY_UNIX), common, central, path]))
    parts.push(local)
    at += local.length
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

/** What the local header and the directory say alike: from the version that is needed to the length of extra fields. */
function commonHeader(content: Uint8Array, nameLength: number, time: number): Buffer {
  const at = new Date(time)
  const header = Buffer.alloc(26)
  header.writeUInt16LE(VERSION, 0)
  header.writeUInt16LE((at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1), 6)
  header.writeUInt16LE(
    ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    8,
  )
  header.writeUInt32LE(crc32(content), 10)
  header.writeUInt32LE(content.length, 14)
  header.writeUInt32LE(content.length, 18)
  header.writeUInt16LE(nameLength, 22)
  return header
}

function uint32(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(value)
  return out
}

function uint16(value: number): Buffer {
  const out = Buffer.alloc(2)
  out.writeUInt16LE(value)
  return out
}
