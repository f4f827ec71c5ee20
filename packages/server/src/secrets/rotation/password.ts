import { randomPassword } from '../password.ts'

/**
 * A password that a rotation sets: 32 characters of every kind that databases ask for, without those that connection
 * strings, shells and files of settings give a meaning.
 */
export function managedPassword(): string {
  return randomPassword({ length: 32, without: [], excluded: '"\'\\`$&;|<>(){}[]#%?/:@ ,!', eachKind: true })
}
