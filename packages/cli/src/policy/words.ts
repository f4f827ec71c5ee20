import type { Change, Decision, Failure, Place } from '@keyward/policy'

/** A layer as a person calls it: `identity policies`, `level 2 of the organization`. */
export function placeName({ layer, level, organizationOf }: Place): string {
  if (layer === 'resource') return "the resource's policy"
  if (layer === 'session') return 'the session policy'
  if (layer === 'identity') return 'the identity policies'
  const whose = organizationOf === 'caller' ? "caller's organization" : 'organization'
  return `level ${level} of the ${whose}${level === 0 ? ' (its root)' : ''}`
}

/** What a policy of a layer is called, where a diagnosis names the layer. */
export const policyOfLayer: Readonly<Record<string, string>> = {
  identity: 'identity policy',
  session: 'session policy',
  resource: 'key or secret policy',
  organization: 'control policy or SCP of the organization',
  trust: 'trust policy',
}

/** A value of ours or of a document, safe on a terminal. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`)
}

/** At most so many values of a list, the rest as a number. */
export function listed(values: readonly string[], most = 6): string {
  if (values.length === 0) return 'nothing'
  const shown = values.slice(0, most).map(plain).join(', ')
  return values.length > most ? `${shown} and ${values.length - most} more` : shown
}

/** The verdict and what brought it about, in one sentence without its place. */
export function verdict(decision: Decision): string {
  const { allowed, reason, layer } = decision
  if (layer === 'root') {
    return allowed
      ? "the root identity of the owner's account needs no policy"
      : 'no root identity may do this'
  }
  if (layer === 'none') return 'the call needs no permission, and nothing forbids it'
  const place = placeName(decision as Place)
  if (allowed) return `${place} ${verb(layer, 'allow')} it`
  if (reason === 'ExplicitDeny') return `${place} ${verb(layer, 'deny')} it`
  if (layer === 'identity') return 'no identity policy allows it'
  if (layer === 'organization') return `no policy at ${place} allows it`
  return `${place} does not allow it`
}

function verb(layer: Decision['layer'], word: 'allow' | 'deny'): string {
  if (layer === 'identity') return word
  return word === 'deny' ? 'denies' : 'allows'
}

/** Why a statement did not apply. The engine knows actions in lower case; `asked` is how the request spells it. */
export function failureWords(failure: Failure, asked: string): string {
  switch (failure.element) {
    case 'action':
    case 'resource': {
      const name = failure.element === 'action' ? 'Action' : 'Resource'
      const wanted = listed(failure.wanted)
      const actual = failure.actual.map((one) => (one === asked.toLowerCase() ? asked : one))
      return failure.negated
        ? `Not${name} leaves out ${wanted}; the request is ${listed(actual)}`
        : `${name} wants ${wanted}; the request is ${listed(actual)}`
    }
    case 'principal':
      return failure.negated
        ? `NotPrincipal leaves out ${listed(failure.wanted)}; the request is by ${plain(failure.actual)}`
        : `Principal wants ${listed(failure.wanted)}; the request is by ${plain(failure.actual)}`
    case 'policy type':
      return `policies of this type do not accept the condition key ${plain(failure.key)}`
    case 'condition': {
      const { operator, key, wanted, actual, found } = failure
      return `${plain(operator)} wants ${plain(key)} to fit ${listed(wanted)}; ${foundWords(actual, found)}`
    }
  }
}

function foundWords(actual: string | readonly string[] | undefined, found: string): string {
  if (found === 'not carried') return 'the request has it, but its action does not carry this key'
  if (actual === undefined) return 'the request does not have it'
  const value = typeof actual === 'string' ? plain(actual) || 'an empty text' : listed(actual)
  return found === 'unreadable' ? `${value} cannot be read as that type` : `it is ${value}`
}

/** One step of the smallest change, without its place. */
export function changeWords(one: Change): string {
  if (one.change === 'lift') return `take back the Deny in ${placeName(one.place)}`
  if (one.change === 'allow') return `allow it in ${placeName(one.place)}`
  return one.to === 'root'
    ? 'none: ask as a user or a role'
    : 'none: the action is never for callers of another account'
}
