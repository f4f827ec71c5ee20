/** What is held of one account, all of it true at one revision. */
export interface HeldAccount {
  readonly uid: string
  revision: number
  /** What `get` and what `find` gives, by key. */
  readonly items: Map<string, Item>
  readonly found: Map<string, Item>
}

export interface Item {
  readonly key: string
  readonly value: object
  readonly account: HeldAccount
  /** Kept by `find`: reachable without the account's uid. */
  readonly found: boolean
  /** Of the entity that it is of; empty: it goes with any change of the account. */
  readonly tag: string
  /** Used since the last sweep came by. */
  used: boolean
}

/** The memory of the revision cache, for one kind of revision: bounded, and true of one revision an account. */
export interface Shelf {
  readonly size: number
  /** Undefined unless it is held. Marks it as used. */
  get(uid: string, key: string): object | undefined
  find(key: string): object | undefined
  revisionOf(uid: string): number | undefined
  /** Revisions of the accounts held. */
  held(): ReadonlyMap<string, number>
  /** Keeps a value. What was held of the account under another revision goes. `tag`: of what entity it is. */
  keep(uid: string, revision: number, key: string, value: object, found: boolean, tag?: string): void
  /** Moves the account to a revision at which nothing but these entities is another; undefined: anything may be. */
  advance(uid: string, revision: number, changed: ReadonlySet<string> | undefined): void
  /** Drops the values of these entities, or all. */
  drop(uid: string, tags?: ReadonlySet<string>): void
}

/**
 * Makes room by second chance: the oldest item goes unless it was used since it was last looked at. That costs a use no
 * more than setting a flag. `onLeft` is told of an account of which nothing is held any more.
 */
export function createShelf(maxItems: number, onLeft: (uid: string) => void = () => {}): Shelf {
  const accounts = new Map<string, HeldAccount>()
  const finds = new Map<string, Item>()
  /** All items in order of age. */
  const ages = new Set<Item>()

  function remove(item: Item): void {
    ages.delete(item)
    const { account } = item
    itemsOf(account, item.found).delete(item.key)
    if (item.found && finds.get(item.key) === item) finds.delete(item.key)
    if (account.items.size === 0 && account.found.size === 0 && accounts.get(account.uid) === account) {
      accounts.delete(account.uid)
      onLeft(account.uid)
    }
  }

  function drop(uid: string, tags?: ReadonlySet<string>): void {
    const account = accounts.get(uid)
    if (!account) return
    for (const item of [...account.items.values(), ...account.found.values()]) {
      if (tags === undefined || item.tag === '' || tags.has(item.tag)) remove(item)
    }
  }

  function evict(): void {
    for (const item of ages) {
      if (ages.size < maxItems) return
      if (item.used) {
        item.used = false
        ages.delete(item)
        ages.add(item)
      } else {
        remove(item)
      }
    }
  }

  function use(item: Item | undefined): object | undefined {
    if (!item) return undefined
    item.used = true
    return item.value
  }

  return {
    get size() {
      return ages.size
    },
    get: (uid, key) => use(accounts.get(uid)?.items.get(key)),
    find: (key) => use(finds.get(key)),
    revisionOf: (uid) => accounts.get(uid)?.revision,
    held: () => new Map([...accounts].map(([uid, account]) => [uid, account.revision])),
    keep(uid, revision, key, value, found, tag = '') {
      if (accounts.get(uid)?.revision !== revision) drop(uid)
      const before = accounts.get(uid)
      const earlier = before && itemsOf(before, found).get(key)
      if (earlier) remove(earlier)
      evict()
      // Only now: making room may have taken the account's last item, and the account with it.
      let account = accounts.get(uid)
      if (!account) {
        account = { uid, revision, items: new Map(), found: new Map() }
        accounts.set(uid, account)
      }
      const item: Item = { key, value, account, found, tag, used: false }
      itemsOf(account, found).set(key, item)
      ages.add(item)
      if (found) finds.set(key, item)
    },
    advance(uid, revision, changed) {
      const account = accounts.get(uid)
      if (!account) return
      drop(uid, changed)
      account.revision = revision
    },
    drop,
  }
}

function itemsOf(account: HeldAccount, found: boolean): Map<string, Item> {
  return found ? account.found : account.items
}
