import { readFileSync, writeFileSync } from 'node:fs'
import { matchesGlob, resolve } from 'node:path'
import { didYouMean, type Finding, findingCodes } from '@keyward/policy'
import { failed, misused } from '../exit.ts'
import type { Checked } from './check-report.ts'

/**
 * Which findings are left out of a report. INVARIANT: never an error, since the document would be refused all the same.
 */
export type Filter = (file: Checked, finding: Finding) => boolean

/** `CODE`, or `CODE:FILE` with wildcards, for findings that are known and meant. */
export function ignored(entries: readonly string[]): Filter {
  const rules = entries
    .flatMap((entry) => entry.split(','))
    .map((entry) => {
      const [code = '', ...rest] = entry.trim().split(':')
      if (!Object.hasOwn(findingCodes, code))
        throw misused(`no finding has the code \`${code}\`${didYouMean(code, Object.keys(findingCodes))}`)
      if (findingCodes[code as keyof typeof findingCodes].severity === 'error')
        throw misused(`\`${code}\` is an error, for which the document is refused: it cannot be ignored`)
      return { code, pattern: rest.join(':') }
    })
  return ({ label }, { code }) =>
    rules.some(
      (rule) =>
        rule.code === code &&
        (rule.pattern === '' || rule.pattern === label || matchesGlob(label, rule.pattern)),
    )
}

interface Baseline {
  readonly findings: readonly {
    readonly file: string
    readonly policy?: string
    readonly code: string
    readonly message: string
    readonly count: number
  }[]
}

const keyOf = (file: string, policy: string | undefined, code: string, message: string) =>
  JSON.stringify([file.replaceAll('\\', '/'), policy ?? '', code, message])

/** Leaves out what a baseline names, as often as it names it. Lines do not count: they move with every change. */
export function inBaseline(name: string, folder: string): Filter {
  const left = new Map<string, number>()
  for (const { file, policy, code, message, count } of readBaseline(name, folder).findings)
    left.set(keyOf(file, policy, code, message), count)
  return ({ label, policy }, { code, message, severity }) => {
    const key = keyOf(label, policy, code, message)
    const count = severity === 'error' ? 0 : (left.get(key) ?? 0)
    if (count > 0) left.set(key, count - 1)
    return count > 0
  }
}

function readBaseline(name: string, folder: string): Baseline {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(resolve(folder, name), 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw misused(
      code === undefined
        ? `the baseline \`${name}\` is not JSON`
        : `the baseline \`${name}\` cannot be read: ${code}; make one with \`--write-baseline ${name}\``,
    )
  }
  const { findings } = (value ?? {}) as Partial<Baseline>
  const whole =
    Array.isArray(findings) &&
    findings.every(
      ({ file, code, message, count }) =>
        [file, code, message].every((one) => typeof one === 'string') && Number.isInteger(count),
    )
  if (!whole) throw misused(`\`${name}\` is no baseline: make one with \`--write-baseline ${name}\``)
  return { findings }
}

/** Writes down every warning and suggestion there is now. Returns how many. */
export function writeBaseline(name: string, folder: string, checked: readonly Checked[]): number {
  const counts = new Map<string, Baseline['findings'][number]>()
  let total = 0
  for (const { label, policy, findings } of checked)
    for (const { code, message, severity } of findings) {
      if (severity === 'error') continue
      const key = keyOf(label, policy, code, message)
      const count = (counts.get(key)?.count ?? 0) + 1
      counts.set(key, { file: label.replaceAll('\\', '/'), ...(policy && { policy }), code, message, count })
      total += 1
    }
  try {
    writeFileSync(resolve(folder, name), `${JSON.stringify({ findings: [...counts.values()] }, null, 2)}\n`)
  } catch (error) {
    throw failed(`the baseline \`${name}\` cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
  return total
}
