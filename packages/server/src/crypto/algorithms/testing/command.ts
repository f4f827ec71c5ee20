import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'

/*
 * Other programs as second opinions. A test that finds its program missing is skipped, aloud; in continuous integration
 * it fails.
 */

/** `describe` when the program answers to `probe`, otherwise `describe.skip`. */
export function describeWith(program: string, probe: readonly string[]) {
  const present = spawnSync(program, probe).status === 0
  if (!present) console.warn(`no \`${program}\` here: tests that compare with it are skipped`)
  return present || process.env.CI === 'true' ? describe : describe.skip
}

/** Runs a program to its end; its output. Throws with what it wrote when it fails. */
export function run(program: string, args: readonly string[], input?: Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync(
    program,
    args,
    // A program that does not read must not be written to: that breaks the pipe.
    input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input },
  )
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${stderr}`)
  return stdout
}

/** A folder for files that programs read, gone at the end. */
export function scratch(): { file(name: string, content: Uint8Array | string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-crypto-'))
  return {
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content, { mode: 0o600 })
      return path
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
