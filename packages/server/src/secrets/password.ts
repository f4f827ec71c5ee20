import { randomInt } from 'node:crypto'
import { refuse } from '../base/problem.ts'

export const KINDS = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const

export interface PasswordOptions {
  readonly length: number
  /** Kinds of characters that are left out. */
  readonly without: readonly (keyof typeof KINDS)[]
  /** Further characters that are. */
  readonly excluded: string
  /** At least one of each kind that is not left out. */
  readonly eachKind: boolean
}

const USUAL: PasswordOptions = Object.freeze({ length: 32, without: [], excluded: '', eachKind: true })

/** A random password (reference: alibaba-kms.md D). Raises `InvalidParameter` where no character is left. */
export function randomPassword(options: PasswordOptions = USUAL): string {
  const kinds = (Object.keys(KINDS) as (keyof typeof KINDS)[])
    .filter((kind) => !options.without.includes(kind))
    .map((kind) => [...KINDS[kind]].filter((character) => !options.excluded.includes(character)))
    .filter((characters) => characters.length > 0)
  const all = kinds.flat()
  if (all.length === 0) throw refuse({ code: 'InvalidParameter', name: 'ExcludeCharacters' })
  const picked = options.eachKind ? kinds.map((characters) => one(characters)) : []
  while (picked.length < options.length) picked.push(one(all))
  return shuffled(picked).join('')
}

function one(characters: readonly string[]): string {
  return characters[randomInt(characters.length)]!
}

function shuffled(characters: string[]): string[] {
  for (let at = characters.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1)
    ;[characters[at], characters[other]] = [characters[other]!, characters[at]!]
  }
  return characters
}

/**
 * A password that the service makes for an account: 32 characters of every kind that databases ask for, without those that
 * connection strings, shells and files of settings give a meaning.
 */
export function managedPassword(): string {
  return randomPassword({ length: 32, without: [], excluded: '"\'\\`$&;|<>(){}[]#%?/:@,!', eachKind: true })
}
