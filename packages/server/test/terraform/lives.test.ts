import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noSshd } from '../../src/keypairs/hosts/testing/sshd.ts'
import { type Life, play } from './play.ts'
import { type Stage, stages } from './wires.ts'

// The lives of all resources and data sources of the Terraform providers of both clouds, as tables (cases/terraform): which
// calls the provider makes, what its read function takes out of the answers, and which codes it looks for.

interface Table {
  /** Where the calls stand. */
  readonly source: string
  /** Of calls that name no other. */
  readonly version?: string
  readonly lives: readonly Life[]
}
const folder = new URL('../../cases/terraform/', import.meta.url)
const tables = readdirSync(folder)
  .sort()
  .map((file) => ({ file, table: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Table }))

describe.each(Object.entries(stages))('signed by %s', (_name, { cloud, open }) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await open()
  })
  afterAll(() => stage.close())
  const lives = tables
    .filter(({ file }) => file.startsWith(cloud))
    .flatMap(({ table }) => table.lives.map((life) => ({ life, version: table.version })))

  for (const { life, version } of lives) {
    it.skipIf(life.wants === 'host' && noSshd)(life.life, async () => {
      const send: Stage['send'] = (as, call, members) =>
        stage.send(as, version && !call.includes(' ') ? `${version} ${call}` : call, members)
      await play(life, send, stage.world)
    })
  }
})

it('has tables of both clouds, each with its source', () => {
  for (const { table } of tables) expect(table.source).toMatch(/^reference: terraform-calls\.md, /)
  expect(new Set(tables.map(({ file }) => file.split('-')[0]))).toEqual(new Set(['alibaba', 'huawei']))
})
