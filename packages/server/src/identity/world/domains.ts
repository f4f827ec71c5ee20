import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import type { Entity, StoredEntity } from './entities.ts'

/**
 * Entities of another domain of the service that a world file may declare. The domain reads and writes its own tables; what a
 * file says of them is compared and previewed here, like everything else.
 */
export interface WorldDomain {
  /** What an account has. */
  current(db: ReadHandle, accountUid: string): Promise<readonly StoredEntity[]>
  /**
   * Makes an entity, or changes those fields of one that is there. `secret` is that of the file, where the entity has one.
   * Raises what is wrong with it.
   */
  put(tx: WriteHandle, entity: Entity & { readonly secret?: string }, now: number): Promise<void>
}

/** The domains by the kind of their entities. */
export interface WorldDomains {
  readonly host: WorldDomain
  readonly target: WorldDomain
}
