import type { Verdict } from './judge.ts'

/** Why the clock is in doubt, as a sentence; undefined when it is not. */
export function doubtText({ doubt, ahead, aheadOfDatabase, waits }: Verdict): string | undefined {
  if (doubt === 'moved') return `the wall clock is ${apart(ahead)} elapsed time`
  if (doubt === 'database')
    return `the wall clock is ${apart(aheadOfDatabase ?? 0)} the clock of the database`
  if (doubt === undefined) return undefined
  const left = Math.max(1, Math.ceil((waits ?? 0) / 60_000))
  return `at the start the wall clock was not where the last trusted time and the uptime of the machine put it; it is ${apart(ahead)} that, and is believed in ${left} minute${left === 1 ? '' : 's'} if it stays steady`
}

function apart(milliseconds: number): string {
  return `${lengthText(Math.abs(milliseconds))} ${milliseconds < 0 ? 'behind' : 'ahead of'}`
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** `31 days`, `2 hours`. */
function lengthText(milliseconds: number): string {
  const [name, unit] = UNITS.find(([, length]) => milliseconds >= 2 * length) ?? UNITS[3]
  const count = Math.floor(milliseconds / unit)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
