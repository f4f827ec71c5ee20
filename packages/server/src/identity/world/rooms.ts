import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import type { StoredThing, Thing } from './things.ts'

/**
 * Things of another room of the service that a world file may declare. The room reads and writes its own tables; what a
 * file says of them is compared and previewed here, like everything else.
 */
export interface WorldRoom {
  /** What an account has. */
  current(db: ReadHandle, accountUid: string): Promise<readonly StoredThing[]>
  /** Makes a thing, or changes those fields of one that is there. Raises what is wrong with it. */
  put(tx: WriteHandle, thing: Thing, now: number): Promise<void>
}

/** The rooms by the kind of their things. */
export interface WorldRooms {
  readonly host: WorldRoom
}
