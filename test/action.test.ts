import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { answers } from '../packages/cli/src/testing/launch.ts'

// The steps of the GitHub Action, run as the runner does: each a script of its own, with a file for variables.
const root = join(import.meta.dirname, '..')
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-action-'))
  // Instead of the registry's keyward, that of this checkout.
  const npx = `#!/bin/sh\n[ "$1 $2" = "--yes keyward@0.1.0" ] || exit 64\nshift 2\nexec '${process.execPath}' '${join(root, 'packages/cli/bin/keyward.mjs')}' "$@"\n`
  writeFileSync(join(folder, 'npx'), npx)
  chmodSync(join(folder, 'npx'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the credentials are there in later steps, and the service ends with the job', async () => {
  const [step, ...others] = action.runs.steps
  expect(others).toEqual([])
  expect(action.runs.using).toBe('composite')
  writeFileSync(join(folder, 'step.sh'), step.run)
  const variables = join(folder, 'variables')
  writeFileSync(variables, '')
  const inputs = Object.entries<string>(step.env).map(([name, value]) => {
    const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)![1]!
    return [name, String(action.inputs[input].default)]
  })
  // The job: it runs the step, and goes on with others.
  const job = spawn(
    'sh',
    ['-c', `bash --noprofile --norc -eo pipefail '${join(folder, 'step.sh')}'; echo $?; sleep 60`],
    {
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        GITHUB_ENV: variables,
        ...Object.fromEntries(inputs),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    },
  )
  try {
    let said = ''
    for await (const part of job.stdout) {
      said += part
      if (said.includes('\n')) break
    }
    expect(said).toBe('0\n')
    const lines = readFileSync(variables, 'utf8').trim().split('\n')
    const given = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))
    expect(given).toMatchObject({
      ALIBABA_CLOUD_ACCESS_KEY_ID: given.KEYWARD_DEV_ROOT_ACCESS_KEY_ID,
      HUAWEICLOUD_SDK_SK: given.KEYWARD_DEV_ROOT_ACCESS_KEY_SECRET,
      KEYWARD_DEV_BOB_ACCESS_KEY_ID: expect.stringMatching(/^LTAI/),
    })
    expect(await answers(given.KEYWARD_DEV_URL)).toBe(true)
    process.kill(-job.pid!, 'SIGKILL')
    while ((await answers(given.KEYWARD_DEV_URL)) || existsSync(given.KEYWARD_DATA)) await delay(50)
  } finally {
    try {
      process.kill(-job.pid!, 'SIGKILL')
    } catch {
      // It is gone.
    }
  }
}, 60_000)
