import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'

/*
 * Runs the vectors of the Wycheproof project, which are not part of the repository. `npm run wycheproof` gets them into
 * `.wycheproof`; WYCHEPROOF names another folder. Without them the tests are skipped, aloud; in continuous integration they
 * fail.
 *
 * What each file must come to stands in cases/wycheproof/coverage.json: how many vectors were accepted and refused, and
 * why some were not put to the test. A count that moves fails.
 */

const root = new URL('../../../../../../', import.meta.url)
const places = [process.env.WYCHEPROOF, '.wycheproof', '../shared/wycheproof'].flatMap((place) =>
  place ? [pathToFileURL(`${resolve(fileURLToPath(root), place)}/`)] : [],
)
const folder = places.find((place) => existsSync(place)) ?? places[0]!
const present = existsSync(folder)

export interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly [field: string]: unknown
}

export interface Group {
  readonly tests: readonly Vector[]
  readonly [field: string]: unknown
}

/**
 * What became of a vector. `narrower`: it is right by the standard, but uses what is not offered here, and must be
 * refused all the same. `excluded`: not put to the test.
 */
export type Outcome =
  | 'accepted'
  | 'refused'
  | { readonly narrower: string; readonly refused: boolean }
  | Excluded
interface Excluded {
  readonly excluded: string
}

export interface Coverage {
  readonly tests: number
  readonly accepted: number
  readonly refused: number
  readonly narrower?: Readonly<Record<string, number>>
  readonly excluded?: Readonly<Record<string, number>>
  /** Why none of the file's vectors is used. */
  readonly unused?: string
}

export const coverage: Readonly<Record<string, Coverage>> = JSON.parse(
  readFileSync(new URL('packages/server/cases/wycheproof/coverage.json', root), 'utf8'),
)

const describeVectors = present || process.env.CI === 'true' ? describe : describe.skip
if (!present)
  console.warn(
    'no Wycheproof vectors here: their tests are skipped; `npm run wycheproof` gets them, or WYCHEPROOF names their folder',
  )

/** The names of all vector files. */
export function vectorFiles(): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('_test.json'))
}

export function vectorGroups(file: string): readonly Group[] {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')).testGroups
}

/** Puts every vector of some files to `judge` and holds the outcome against the file's word and the written counts. */
export function runVectors<G>(
  files: Readonly<Record<string, (group: Group) => G>>,
  judge: (prepared: G, vector: Vector) => Outcome,
) {
  describeVectors('Wycheproof', () => {
    it.each(Object.keys(files))('%s', (file) => {
      const tally = { accepted: 0, refused: 0, narrower: {}, excluded: {} }
      const wrong: string[] = []
      let tests = 0
      for (const group of vectorGroups(file)) {
        const prepared = files[file]!(group)
        for (const vector of group.tests) {
          tests++
          if (!count(tally, vector, judge(prepared, vector))) wrong.push(`${vector.tcId} ${vector.comment}`)
        }
      }
      expect(wrong).toEqual([])
      expect({ tests, ...tally }).toEqual({ narrower: {}, excluded: {}, ...coverage[file] })
    })
  })
}

type Tally = {
  accepted: number
  refused: number
  narrower: Record<string, number>
  excluded: Record<string, number>
}

/** Counts an outcome; false when the vector says otherwise. */
function count(tally: Tally, { result }: Vector, outcome: Outcome): boolean {
  if (typeof outcome === 'string') {
    tally[outcome]++
    return result === 'acceptable' || (result === 'valid') === (outcome === 'accepted')
  }
  const [reasons, reason] =
    'excluded' in outcome ? [tally.excluded, outcome.excluded] : [tally.narrower, outcome.narrower]
  reasons[reason] = (reasons[reason] ?? 0) + 1
  return 'excluded' in outcome || outcome.refused
}

export function hex(value: unknown): Buffer {
  return Buffer.from(String(value), 'hex')
}

/**
 * What to make of something that opened, or did not (undefined). To open as something else than the vector says is wrong
 * whatever the vector's result: it throws.
 */
export function opensAs(opened: Uint8Array | undefined, wanted: unknown): 'accepted' | 'refused' {
  if (opened === undefined) return 'refused'
  expect(Buffer.from(opened).toString('hex')).toBe(String(wanted))
  return 'accepted'
}

export { describeVectors }
