import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWorldFile } from '@keyward/server/offline'
import { expect, test } from 'vitest'
import { keyward } from './testing/io.ts'

test('prints a world that can be applied anywhere', async () => {
  const { exitCode, out } = await keyward(['example'])
  expect(exitCode).toBe(0)
  expect(out).toContain('keyward apply world.yaml')
  // What lies beside the file in the repository is not there where it is printed.
  expect(out).not.toMatch(/\.\.\/|examples\//)
  const folder = mkdtempSync(join(tmpdir(), 'keyward-example-'))
  try {
    writeFileSync(join(folder, 'world.yaml'), out)
    expect(readWorldFile(join(folder, 'world.yaml')).text).toContain('alice')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
