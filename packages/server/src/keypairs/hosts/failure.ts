/** Why a host operation failed: the stable codes of a failed task. */
export type HostFailureCode =
  /** No SSH server answers at the address. */
  | 'HostUnreachable'
  /** The server shows another host key than the recorded one, or none of its type. */
  | 'HostKeyChanged'
  /** The password or key was not accepted. */
  | 'LoginRefused'
  /** The connection ended in the middle of something. */
  | 'ConnectionLost'
  /** The host is no Linux with the usual tools. */
  | 'HostUnsupported'
  /** The recorded line is missing from authorized_keys, or differs from what was written. */
  | 'KeysAltered'
  /** authorized_keys cannot be read or written. */
  | 'KeysNotWritable'
  /** Another registered host has the same authorized_keys and the same key. */
  | 'HomeShared'
  /** authorized_keys is larger than is read. */
  | 'KeysTooLarge'
  /** sshd does not accept the new key, or still accepts the old one. */
  | 'KeyNotInForce'
  /** The configuration of sshd cannot be read or changed, or it refuses the change. */
  | 'SshdConfigRefused'
  /** sshd offers password login though it was switched off, or does not though it was switched on. */
  | 'PasswordLoginNotInForce'
  /** The login user may not become root, which the configuration of sshd needs. */
  | 'SudoRefused'
  /** Root is had by a password alone: what is switched off now could not be switched on again. */
  | 'NoWayBack'
  /** Without the key that is to go, nothing would let the login user in. */
  | 'NoOtherWayIn'
  /** Whether anything else than the key that is to go lets the login user in cannot be known. */
  | 'WayInUnknown'
  /** The host has no room to run a command: no memory, no process, no session. */
  | 'HostExhausted'
  /** The operator's program for a shut-off host failed, or there is none to start. */
  | 'OfflineHookFailed'

/** A host operation that failed, with a sentence for the person who asked for it. Never holds a password or a key. */
export class HostFailure extends Error {
  readonly code: HostFailureCode
  constructor(code: HostFailureCode, message: string) {
    super(message)
    this.name = 'HostFailure'
    this.code = code
  }
}

/** Failures that say nothing of what was asked: the same may go well a moment later. */
export function passes({ code }: HostFailure): boolean {
  return code === 'ConnectionLost' || code === 'HostUnreachable' || code === 'HostExhausted'
}

/** Words of a foreign machine, short and harmless enough to stand in a message. */
export function quoted(text: string): string {
  const words = text
    .replace(/[^\x20-\x7e]+|`/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
  return `\`${words.length > 200 ? `${words.slice(0, 200)}...` : words}\``
}
