import { HostFailure } from '../../keypairs/hosts/failure.ts'
import { EngineFailure } from '../engines/engine.ts'

/** Why a rotation cannot go on now. The message is for people and holds no secret. */
export class RotationFailure extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'RotationFailure'
    this.code = code
  }
}

/** A failure of the place, the host or the database; undefined for a defect. */
export function failureOf(error: unknown): { readonly code: string; readonly message: string } | undefined {
  const known =
    error instanceof RotationFailure || error instanceof EngineFailure || error instanceof HostFailure
  return known ? { code: error.code, message: error.message } : undefined
}

/** Whether the new value was shown and did not let in: then the old one is set again. */
export function isRefusedLogin(error: unknown): boolean {
  return (error instanceof EngineFailure || error instanceof HostFailure) && error.code === 'LoginRefused'
}
