import type { CommandLine, Flag } from './flags.ts'

const FILTERS = [
  ['from', 'From', 'TIME', 'From this time on; a day ago when left out.'],
  ['to', 'To', 'TIME', 'Until this time; now when left out.'],
  ['operation', 'Operation', 'NAME', 'Calls of this operation, such as `kms:Decrypt`.'],
  ['caller', 'Caller', 'ARN', 'Calls of this user, role session or access key.'],
  ['action', 'AuthAction', 'ACTION', 'Calls that were decided on this action.'],
  ['resource', 'AuthResource', 'ARN', 'Calls that were decided on this resource.'],
  ['outcome', 'Outcome', 'CODE', '`Success`, or a code such as `AccessDenied`.'],
] as const

/** The flags that say which entries of the audit are meant. */
export const AUDIT_FILTERS: readonly Flag[] = FILTERS.map(([name, , value, description]) => ({
  name,
  type: 'text' as const,
  value,
  description,
}))

/** What they say, as the service's own calls take it. */
export function auditFilter(line: CommandLine): Record<string, string> {
  return Object.fromEntries(
    FILTERS.flatMap(([name, parameter]) => {
      const value = line.text(name)
      return value === undefined ? [] : [[parameter, value]]
    }),
  )
}
