import { refuse } from '../../base/problem.ts'
import type { WorldFinding } from '../problems.ts'
import { type DeclaredAccount, type DeclaredEntity, readAccount } from './account.ts'
import { readNetworks, readOrganization } from './organization.ts'
import { createReader, findingAt, inOrder } from './reader.ts'
import { findAccountTwins } from './references.ts'
import { type OrganizationFile, type WorldFile, WorldSchema } from './schema.ts'
import { shapeMistakes } from './shape.ts'
import { readSource } from './source.ts'

/** A file without a mistake in itself. Plain data: it passes between threads. */
export interface DeclaredWorld {
  readonly accounts: readonly DeclaredAccount[]
  /** What it says of the organization; absent: nothing. */
  readonly organization?: readonly DeclaredEntity[]
  /** What it says of networks; absent: nothing. */
  readonly networks?: readonly DeclaredEntity[]
  /** Uid of the account that was the operator where the file was written. */
  readonly operator?: string
  /** Remarks on its policies. */
  readonly warnings: readonly WorldFinding[]
}

/** Reads and judges a whole file. Raises `InvalidWorld` with every mistake at its place. */
export function readWorld(text: string): DeclaredWorld {
  const read = readSource(text)
  if ('findings' in read) throw refuse({ code: 'InvalidWorld', findings: inOrder(read.findings) })
  const { source } = read
  const reader = createReader(source)
  const shape = shapeMistakes(WorldSchema, source.value)
  for (const { path, atKey, message } of shape) {
    reader.mistakes.push(findingAt(path, atKey ? source.keyPlace(path) : source.place(path), message))
  }
  // What stands in an account of the wrong shape cannot be read; the others' mistakes are reported with its.
  const misshapen = new Set(shape.filter(({ path }) => path[0] === 'accounts').map(({ path }) => path[1]))
  const whole = shape.every(({ path }) => path.length > 1)
  const file = (whole ? source.value : { accounts: [] }) as WorldFile
  const readable = file.accounts
  const accounts: DeclaredAccount[] = []
  for (const [i, account] of readable.entries()) {
    if (!misshapen.has(i)) accounts.push(readAccount(reader, account, ['accounts', i]))
  }
  findAccountTwins(reader, accounts)
  const sound = (member: keyof WorldFile) => shape.every(({ path }) => path[0] !== member)
  const organization =
    file.organization && sound('organization')
      ? readOrganization(reader, file.organization as OrganizationFile)
      : undefined
  const networks = file.networks && sound('networks') ? readNetworks(reader, file.networks) : undefined
  if (reader.mistakes.length > 0) throw refuse({ code: 'InvalidWorld', findings: inOrder(reader.mistakes) })
  return {
    accounts,
    ...(organization && { organization }),
    ...(networks && { networks }),
    ...(file.operator !== undefined && { operator: file.operator }),
    warnings: inOrder(reader.warnings),
  }
}
