import { parsePublicLine } from '../formats/public-line.ts'
import { acceptsKey, type HostAddress, offersPassword } from './connection.ts'
import type { DoubtfulLine, HostDoubt } from './doubts.ts'
import { HostFailure } from './failure.ts'
import type { Host } from './registry.ts'

/* The record of a host beside the host itself, as far as that shows without a login: which keys it would let in. */

/** What was seen; `trouble` says why something could not be. */
export interface Seen {
  /** Whether the bound key is let in; undefined where none is bound. */
  readonly bound?: boolean
  readonly lines: readonly (DoubtfulLine & { readonly letIn: boolean })[]
  readonly passwords: boolean
}

/** What the record should say, and what of it is still in doubt. */
export type Remedy =
  | { readonly kind: 'nothing' }
  /** The record is right. */
  | { readonly kind: 'confirm' }
  /** The record is right, and a line besides waits for the next task to take it away. */
  | { readonly kind: 'keep-lines'; readonly lines: readonly DoubtfulLine[] }
  | { readonly kind: 'bind'; readonly to: DoubtfulLine; readonly lines: readonly DoubtfulLine[] }
  | { readonly kind: 'unbind' }

export interface Verdict {
  readonly state: 'AsRecorded' | 'Differs' | 'Unknown'
  readonly findings: readonly string[]
  readonly remedy: Remedy
  /** The remedy in words. */
  readonly would: string
}

/** Looks at a host. Changes nothing there. The names of `hidden` pairs are not shown. */
export async function lookAt(
  address: HostAddress,
  host: Pick<Host, 'bound_line' | 'keypair_id' | 'keypair_name'>,
  doubt: HostDoubt | undefined,
  hidden: ReadonlySet<string> = new Set(),
): Promise<Verdict> {
  try {
    const { bound_line } = host
    const bound = bound_line === null ? undefined : await acceptsKey(address, parsePublicLine(bound_line))
    const lines: Seen['lines'][number][] = []
    for (const line of doubt?.lines ?? []) {
      lines.push({ ...line, letIn: await acceptsKey(address, parsePublicLine(line.line)) })
    }
    const passwords = await offersPassword(address)
    return judge(
      host,
      { ...(bound === undefined ? {} : { bound }), lines, passwords },
      doubt !== undefined,
      hidden,
    )
  } catch (error) {
    if (!(error instanceof HostFailure)) throw error
    return {
      state: 'Unknown',
      findings: [`the host could not be looked at: ${error.message}`],
      remedy: { kind: 'nothing' },
      would: 'change nothing: look again later',
    }
  }
}

export function judge(
  host: Pick<Host, 'keypair_id' | 'keypair_name'>,
  seen: Seen,
  inDoubt: boolean,
  hidden: ReadonlySet<string> = new Set(),
): Verdict {
  const called = (id: string | null, name: string | null) =>
    id !== null && hidden.has(id) ? 'a private key pair of someone else' : `\`${name ?? ''}\``
  const name = called(host.keypair_id, host.keypair_name)
  const besides = seen.lines.filter(({ letIn }) => letIn)
  const first = besides[0]
  const findings = [
    seen.bound === undefined
      ? 'the record says that no key pair is bound'
      : `the record says that ${name} is bound, and the host ${seen.bound ? 'lets its key in' : 'does not let its key in'}`,
    ...besides.map(
      (one) =>
        `the host lets in a key of ${called(one.keypairId, one.keypairName)} that a failed task has left`,
    ),
    `the host offers ${seen.passwords ? '' : 'no '}password login`,
  ]
  const plain = ({ line, keypairId, keypairName }: DoubtfulLine) => ({ line, keypairId, keypairName })
  if (seen.bound === true && first) {
    return {
      state: 'Differs',
      findings,
      remedy: { kind: 'keep-lines', lines: besides.map(plain) },
      would: 'leave the record as it is; the next bind or unbind takes the other key away',
    }
  }
  if (seen.bound !== true && first) {
    return {
      state: 'Differs',
      findings,
      remedy: { kind: 'bind', to: plain(first), lines: besides.slice(1).map(plain) },
      would: `record ${called(first.keypairId, first.keypairName)} as bound`,
    }
  }
  if (seen.bound === false) {
    return { state: 'Differs', findings, remedy: { kind: 'unbind' }, would: 'record that nothing is bound' }
  }
  return {
    state: 'AsRecorded',
    findings,
    remedy: { kind: inDoubt ? 'confirm' : 'nothing' },
    would: inDoubt ? 'record that the host was seen to be so' : 'change nothing',
  }
}
