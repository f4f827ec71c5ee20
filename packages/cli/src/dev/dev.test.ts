import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { answers } from '../testing/launch.ts'
import { exportLines } from './environment.ts'
import { findParent, type Seen } from './parent.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'keyward.mjs')
const keyward = `'${process.execPath}' '${bin}'`
const folder = mkdtempSync(join(tmpdir(), 'keyward-dev-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|KEYWARD_|NODE_OPTIONS)/.test(name)),
)
const around = { cwd: folder, env: environment }

function shell(script: string) {
  return promisify(execFile)('bash', ['-c', script], around).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )
}

test('a command gets the keys, is told why it was denied, and its exit code is the answer', async () => {
  const script = `${keyward} dev --as alice -- bash -c '
    test "$ALIBABA_CLOUD_ACCESS_KEY_ID" = "$KEYWARD_DEV_ALICE_ACCESS_KEY_ID" &&
    ${keyward.replaceAll("'", '"')} call kms CreateKey --as alice --get KeyMetadata.KeyId
    ${keyward.replaceAll("'", '"')} call kms CreateKey --as bob --get KeyMetadata.KeyId
    echo "$KEYWARD_DATA" >&2
    exit 9'`
  const { code, stdout, stderr } = await shell(script)
  expect(code).toBe(9)
  expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/)
  expect(stderr).toMatch(
    /keyward: denied: acs:ram::\d+:user\/bob kms:CreateKey on acs:kms:cn-hangzhou:\d+:key\n {2}no identity policy allows it\n {2}nearest: statement #0 of `LookAtKeys` would allow it: Action wants/,
  )
  expect(existsSync(stderr.trim().split('\n').at(-1)!)).toBe(false)
}, 60_000)

test('a shell gets lines to evaluate at once, can reset and move the clock, and takes the service with it', async () => {
  const script = `
    eval "$(${keyward} dev --env --quiet)"
    call() { ${keyward} call kms "$@" --as alice; }
    call CreateKey --get KeyMetadata.KeyId >/dev/null
    call ListKeys --get TotalCount
    node='${process.execPath}'
    post() { "$node" -e 'fetch(process.argv[1], { method: "POST" }).then(async (a) => console.log(a.status, await a.text()))' "$KEYWARD_DEV_CONTROL$1"; }
    post '/clock?advance=8d'
    post /reset
    call ListKeys --get TotalCount
    post '/clock?advance=soon'
    post /nothing
    echo "$KEYWARD_DEV_URL $KEYWARD_DATA"`
  const { stdout, code } = await shell(script)
  expect(code).toBe(0)
  const lines = stdout.trim().split('\n')
  const inEightDays = new Date(Date.now() + 8 * 86_400_000).toISOString().slice(0, 10)
  expect(lines[0]).toBe('1')
  expect(lines[1]).toContain(`200 {"now":"${inEightDays}`)
  expect(lines.slice(2)).toContain('200 {"reset":true}')
  expect(stdout).toContain('\n0\n400 {"error":"refused: ')
  expect(stdout).toContain('404 {"error":"there is no such address; POST /reset,')
  const [url = '', data = ''] = lines.at(-1)!.split(' ')
  while ((await answers(url)) || existsSync(data)) await delay(50)
}, 60_000)

test('it ends when its parent is killed, and leaves nothing', async () => {
  const parent = spawn('sh', ['-c', `${keyward} dev --json; true`], {
    ...around,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  for await (const part of parent.stdout) {
    said += part
    if (said.includes('\n')) break
  }
  const { url, data } = JSON.parse(said)
  expect(await answers(url)).toBe(true)
  parent.kill('SIGKILL')
  while ((await answers(url)) || existsSync(data)) await delay(50)
}, 60_000)

test.each([
  ['--world bad.yaml -- true', 1, 'nmae'],
  ['--as alcie -- true', 2, 'did you mean `alice`?'],
  ['-- /no/such/program', 1, 'cannot be run: ENOENT'],
  ['--listen 0.0.0.0:0 -- true', 2, 'can be reached from other machines'],
])(
  '`keyward dev %s` says what is wrong, and leaves nothing running',
  async (words, code, says) => {
    writeFileSync(join(folder, 'bad.yaml'), 'accounts: [{ nmae: x }]')
    expect(await shell(`${keyward} dev ${words}`)).toMatchObject({
      code,
      stderr: expect.stringContaining(says),
    })
  },
  60_000,
)

test('the parent is what asked, past the helpers in between', () => {
  const processes: Record<number, Seen> = {
    10: { parent: 9, command: 'sh -c keyward dev --env' },
    9: { parent: 8, command: 'npm exec keyward dev --env' },
    8: { parent: 7, command: 'bash' },
    7: { parent: 6, command: 'bash' },
    6: { parent: 1, command: 'sshd' },
    20: { parent: 6, command: 'python -m pytest' },
  }
  const look = (pid: number) => processes[pid]
  // `$(...)` forked a copy of the shell.
  expect(findParent(10, look)).toBe(7)
  expect(findParent(20, look)).toBe(20)
  expect(findParent(99, look)).toBe(99)
})

test('values stand in lines for a shell whatever they hold', () => {
  expect(exportLines({ A: "it's", B: '$(x)' })).toBe("export A='it'\\''s'\nexport B='$(x)'")
})
