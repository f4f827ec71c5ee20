import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A command of a page. `says`: what it prints; `denied...`: it is refused with these words and exit code 3. */
export interface Step {
  readonly command: string
  readonly says: string | undefined
}

export interface Done {
  readonly code: number
  readonly out: string
  readonly err: string
}

const root = join(import.meta.dirname, '../..')

/** The commands in the blocks `sh` of a page, in their order; a text that follows (`<<'END'`) belongs to its command. */
export function stepsOf(page: string): readonly Step[] {
  const steps: Step[] = []
  const text = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block).join('')
  let end: string | undefined
  for (const line of text.trim().split('\n')) {
    const last = steps.at(-1)
    if (end !== undefined && last) {
      steps[steps.length - 1] = { ...last, command: `${last.command}\n${line}` }
      if (line === end) end = undefined
    } else if (line.startsWith('# ') && last) steps[steps.length - 1] = { ...last, says: line.slice(2) }
    else {
      steps.push({ command: line, says: undefined })
      end = /<<'(\w+)'/.exec(line)?.[1]
    }
  }
  return steps
}

/** Runs steps one after the other in a folder; variables are kept from one to the next. `npx` is done without npm. */
export async function runSteps(steps: readonly Step[], folder: string): Promise<readonly Done[]> {
  const main = join(root, 'packages/cli/src/main.ts')
  const npx = `npx() { shift; "${process.execPath}" "${main}" "$@"; }`
  const script = steps.map(({ command }, i) => `{ ${command}\n} >${i}.out 2>${i}.err; echo $? >${i}.code`)
  writeFileSync(join(folder, 'page.sh'), [npx, 'export -f npx', ...script].join('\n'))
  await promisify(execFile)('bash', ['page.sh'], {
    cwd: folder,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  })
  const read = (i: number, kind: string) => readFileSync(join(folder, `${i}.${kind}`), 'utf8').trim()
  return steps.map((_, i) => ({ code: Number(read(i, 'code')), out: read(i, 'out'), err: read(i, 'err') }))
}
