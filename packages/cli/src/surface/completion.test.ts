import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from '../commands.ts'
import { keyward } from '../testing/io.ts'
import { shownCommands } from './tables.ts'

// The scripts are read by the shells that they are for; what each offers is compared.
const has = (shell: string) =>
  ['/bin', '/usr/bin', '/usr/local/bin'].some((at) => existsSync(join(at, shell)))
const skipped = (shell: string) => !has(shell) && process.env.CI !== 'true'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-completion-'))
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, exitCode } = await keyward(['completion', shell])
    expect(exitCode).toBe(0)
    writeFileSync(join(folder, shell), `${out}\n`)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What is typed, and what is offered, some of it or all. */
const typed: [line: string, offers: readonly string[], not: readonly string[]][] = [
  ['keyward se', ['serve', 'secret'], ['apply']],
  ['keyward audit ', ['verify'], ['rotate', 'serve']],
  ['keyward host ', ['add', 'check', 'list', 'remove', 'show'], ['rotate']],
  ['keyward serve --tls-m', ['--tls-min'], ['--tls-key']],
  ['keyward serve --tls-min ', ['1.2', '1.3'], []],
  ['keyward policy check --output ', ['json', 'text'], ['sarif']],
  ['keyward policy check --form', ['--format'], []],
  ['keyward call kms GenerateD', ['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'], ['Encrypt']],
  ['keyward call ', ['kms', 'kps', 'sts'], []],
  ['keyward completion', ['completion'], []],
]

describe.skipIf(skipped('bash'))('bash', () => {
  test.each(typed)('%s', (line, offers, not) => {
    const words = line.split(' ').map((word) => `'${word}'`)
    const script = `source ${join(folder, 'bash')}; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _keyward; printf '%s\\n' "\${COMPREPLY[@]}"`
    const offered = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n')
    expect(offered).toEqual(expect.arrayContaining([...offers]))
    for (const one of not) expect(offered).not.toContain(one)
  })
})

describe.skipIf(skipped('fish'))('fish (Debian package fish)', () => {
  test.each(typed)('%s', (line, offers, not) => {
    const script = `source ${join(folder, 'fish')}; complete -C '${line}'`
    const said = execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', stdio: 'pipe' })
    const offered = said
      .trim()
      .split('\n')
      .map((one) => one.split('\t')[0])
    expect(offered).toEqual(expect.arrayContaining([...offers]))
    for (const one of not) expect(offered).not.toContain(one)
  })
})

describe.skipIf(skipped('zsh'))('zsh (Debian package zsh)', () => {
  beforeAll(() => {
    const setup = [
      'PS1=; unsetopt zle_bracketed_paste prompt_cr prompt_sp',
      'autoload -Uz compinit; compinit -D -u',
      `source ${join(folder, 'zsh')}`,
      'keyward() { print -r -- "<$*>" }',
      // Not as it is typed: the terminal shows that too.
      "print re''ady",
    ]
    const play = [
      'zmodload zsh/zpty',
      'zpty z zsh -f -i',
      `zpty -w z "source ${join(folder, 'setup')}"`,
      "zpty -r -m z seen '*ready*'",
      `zpty -w -n z "$1"$'\\t\\n'`,
      "zpty -r -m z said '*<*>*'",
      'print -r -- $said',
      'zpty -d z',
    ]
    writeFileSync(join(folder, 'setup'), `${setup.join('\n')}\n`)
    writeFileSync(join(folder, 'play'), `${play.join('\n')}\n`)
  })

  /** A terminal is played to it: what it inserts for a line with one possible end. */
  test.each([
    ['keyward audit ver', 'keyward audit verify '],
    ['keyward call kms Encr', 'keyward call kms Encrypt '],
    ['keyward serve --tls-mi', 'keyward serve --tls-min '],
    ['keyward policy check --output j', 'keyward policy check --output json '],
  ])(
    '%s',
    (line, whole) => {
      const said = execFileSync('timeout', ['25', 'zsh', '-f', join(folder, 'play'), line], {
        encoding: 'utf8',
      })
      expect(said).toContain(`<${whole.trim().slice('keyward '.length)}>`)
    },
    30_000,
  )
})

test('every command and flag is in each script and in the manual page', async () => {
  const { out: page } = await keyward(['manual'])
  const scripts = await Promise.all(
    ['bash', 'zsh', 'fish'].map(async (one) => (await keyward(['completion', one])).out),
  )
  const shown = await shownCommands(commands)
  expect(shown.length).toBeGreaterThan(25)
  for (const { name, flags } of shown) {
    expect(page).toContain(`.SS keyward ${name.replaceAll('-', '\\-')}`)
    for (const text of scripts) expect(text).toContain(name)
    for (const flag of flags) {
      expect(page).toContain(`.B \\-\\-${flag.name.replaceAll('-', '\\-')}`)
      for (const text of scripts) expect(text).toMatch(new RegExp(`(--|-l )${flag.name}\\b`))
    }
  }
  // No line of prose is taken for a command of the page.
  const macros = page.split('\n').filter((line) => /^[.']/.test(line))
  for (const line of macros) expect(line).toMatch(/^\.(TH|SH|SS|B|I|PP|TP)\b/)
})

test.skipIf(!has('groff'))('the manual page has no mistake that its formatter knows', async () => {
  const { out } = await keyward(['manual'])
  const said = execFileSync('groff', ['-man', '-Tutf8', '-ww', '-z'], {
    input: out,
    encoding: 'utf8',
    stdio: 'pipe',
  })
  expect(said).toBe('')
})

test('another shell is refused with those that there are', async () => {
  expect(await keyward(['completion', 'tcsh'])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('it is one of bash, zsh, fish'),
  })
})
