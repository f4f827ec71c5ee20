import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import { moveFile } from '../base/files.ts'
import type { BatchRow, FoundBatch } from './rows.ts'

/*
 * The archive is a folder of segments: batches that were old enough to leave the database, a line of JSON each, in files
 * that are compressed (gzip). A batch is there as it stood in the database, with its hash and its seal, so it can be
 * verified as long as the root key is there. `zcat *.jsonl.gz | jq -r '.entries[]'` gives the entries.
 */

const compress = promisify(gzip)
const SEGMENT = /^(.+)-(\d{12})-(\d{12})\.jsonl\.gz$/

const digits = (sequence: number) => String(sequence).padStart(12, '0')

/** `main-000000000001-000000001200.jsonl.gz`: the chain, its first batch and its last. */
export function segmentName(chain: string, first: number, last: number): string {
  return `${chain}-${digits(first)}-${digits(last)}.jsonl.gz`
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A batch as a line of a segment. */
export function segmentLine(row: BatchRow): string {
  return JSON.stringify({
    chain: row.chain_id,
    batch: row.sequence,
    first: row.first_time,
    last: row.last_time,
    digests: hex(row.digests),
    previous: hex(row.previous),
    hash: hex(row.hash),
    seal: hex(row.seal),
    entries: row.entries.split('\n'),
  })
}

/** The content of a segment, compressed off the loop. */
export function segmentBytes(lines: readonly string[]): Promise<Buffer> {
  return compress(`${lines.join('\n')}\n`)
}

/** The batches of a chain in a folder of segments, in order; each number once, where segments overlap. */
export async function* archivedBatches(folder: string, chain: string): AsyncGenerator<FoundBatch> {
  let after = 0
  for (const { file, last } of segmentsOf(folder, chain)) {
    if (last <= after) continue
    for await (const text of linesOf(join(folder, file))) {
      const found = batchIn(text, chain)
      if (!found) throw new Error(`the segment \`${join(folder, file)}\` has a line that is no batch`)
      if (found.sequence <= after) continue
      after = found.sequence
      yield found
    }
  }
}

/**
 * Takes the segments out of the way that have batches after a number: the database has them still. They were left by a
 * crash, or are of a time that went with the database when it was put back from a backup.
 */
export function supersedeSegments(folder: string, chain: string, after: number): void {
  for (const { file, last } of segmentsOf(folder, chain))
    if (last > after) moveFile(join(folder, file), join(folder, `${file}.superseded`))
}

function segmentsOf(folder: string, chain: string) {
  return readdirSync(folder)
    .flatMap((file) => {
      const parts = SEGMENT.exec(file)
      return parts?.[1] === chain ? [{ file, first: Number(parts[2]), last: Number(parts[3]) }] : []
    })
    .sort((a, b) => a.first - b.first || a.last - b.last)
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file)
  const plain = source.pipe(createGunzip()).setEncoding('utf8')
  // A pipe does not hand the errors of its source on.
  source.on('error', (error) => plain.destroy(error))
  let rest = ''
  try {
    for await (const chunk of plain) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop()!
      yield* lines
    }
  } catch (error) {
    throw new Error(`the segment \`${file}\` cannot be read: ${(error as Error).message}`)
  } finally {
    source.destroy()
  }
  if (rest !== '') throw new Error(`the segment \`${file}\` ends in the middle of a line`)
}

const bytesOf = (text: unknown) =>
  typeof text === 'string' && /^([0-9a-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : undefined

/** What a line of a segment says; anybody who can write the folder can have written it. Undefined for what is no batch. */
function batchIn(text: string, chain: string): FoundBatch | undefined {
  let line: Record<string, unknown> | undefined
  try {
    line = JSON.parse(text)
  } catch {
    // Said below.
  }
  const sequence = line?.batch
  if (!line || typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 1)
    return undefined
  const [digests, previous, hash, seal] = [line.digests, line.previous, line.hash, line.seal].map(bytesOf)
  const { first, last, entries } = line
  if (line.chain !== chain) return { sequence, wrong: 'chain' }
  if (!digests || !previous || !hash || !seal) return { sequence, wrong: 'digests, hash or seal' }
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return { sequence, wrong: 'times' }
  if (!Array.isArray(entries) || !entries.every((one) => typeof one === 'string'))
    return { sequence, wrong: 'entries' }
  const row: BatchRow = {
    chain_id: chain,
    sequence,
    first_time: first as number,
    last_time: last as number,
    entries: entries.join('\n'),
    digests,
    previous,
    hash,
    seal,
  }
  return { sequence, row }
}
