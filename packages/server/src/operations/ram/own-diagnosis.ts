import { type Diagnosis, openDiagnosis } from '../../pipeline/diagnosis.ts'
import type { Scope } from '../../pipeline/scope.ts'

/** A message of the caller's own account; undefined for another's and for what is none, which look alike. */
export function openOwn({ caller, keyring }: Scope, message: string): Diagnosis | undefined {
  const diagnosis = openDiagnosis(keyring, message)
  return diagnosis?.account.uid === caller.account.uid ? diagnosis : undefined
}
