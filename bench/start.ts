import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installedPackages } from '../test/testing/built.ts'
import { load } from './load.ts'
import { startKeyward } from './service.ts'
import { median } from './table.ts'

const KEYS = 10_000
const CONNECTIONS = 64

/** Milliseconds until the service says its address, medians. */
export interface Start {
  readonly node: number
  readonly source: { readonly empty: number; readonly full: number }
  /** Of the packages as they are published. */
  readonly built: { readonly empty: number; readonly full: number }
}

/** Starts on an empty database and on one of 10,000 keys, in turn with a Node that does nothing. */
export async function starts(rounds: number): Promise<Start> {
  const full = mkdtempSync(join(tmpdir(), 'keyward-bench-full-'))
  const empty = mkdtempSync(join(tmpdir(), 'keyward-bench-empty-'))
  const packages = mkdtempSync(join(tmpdir(), 'keyward-bench-packages-'))
  try {
    await installedPackages(packages)
    await (await startKeyward({ data: empty })).stop()
    await fill(full)
    const programs = [undefined, join(packages, 'node_modules/keyward/lib/main.js')]
    const seen = programs.map(() => ({ empty: [] as number[], full: [] as number[] }))
    const node: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now()
      execFileSync(process.execPath, ['-e', '0'])
      node.push(performance.now() - began)
      for (const [i, program] of programs.entries())
        for (const [name, data] of Object.entries({ empty, full })) {
          const keyward = await startKeyward({ data, ...(program === undefined ? {} : { program }) })
          seen[i]![name as 'empty' | 'full'].push(keyward.startedIn)
          await keyward.stop()
        }
    }
    const [source, built] = seen.map((one) => ({ empty: median(one.empty), full: median(one.full) }))
    return { node: median(node), source: source!, built: built! }
  } finally {
    for (const data of [full, empty, packages]) rmSync(data, { recursive: true, force: true })
  }
}

async function fill(data: string): Promise<void> {
  const keyward = await startKeyward({ data })
  const requests = Array.from({ length: KEYS }, () => keyward.request('CreateKey'))
  const { failed } = await load(keyward.port, CONNECTIONS, 300_000, () => requests.pop())
  await keyward.stop()
  if (failed > 0) throw new Error(`${failed} keys were not made`)
}
