import type { CompiledSet } from './compile.ts'
import type { CompiledPolicies, RequestPrincipal } from './types.ts'

/**
 * The statements of a resource's policy whose `Principal` means this caller, by name: by its own name, its role's, that of its
 * account or everyone's. A `NotPrincipal` means all whom it does not leave out.
 *
 * @param owner the account that owns the resource.
 */
export function statementsNaming(
  policies: CompiledPolicies,
  principal: RequestPrincipal,
  owner: string,
): readonly string[] {
  return (policies as CompiledSet).all
    .filter((statement) => statement.principal?.(principal, owner) === true)
    .map(({ name }) => name)
}
