import type { ResourceName } from '../match/resource-name.ts'
import type { ActionName } from '../service/catalogue.ts'
import type { CompiledSet } from './compile.ts'
import type { Act, DecisionRequest } from './types.ts'

/** A request, prepared once for all layers. */
export interface Question extends Pick<DecisionRequest, 'principal' | 'context'> {
  readonly act: Act
  /** Account that owns the resource. */
  readonly owner: string
  readonly action: ActionName
  readonly resource: ResourceName
}

/** The layers with the engine's own type of compiled policies. */
export interface LayerSet {
  readonly organization?: readonly CompiledSet[]
  readonly callerOrganization?: readonly CompiledSet[]
  readonly session?: CompiledSet
  readonly identity?: CompiledSet
  readonly resource?: CompiledSet
  readonly system?: CompiledSet
}
