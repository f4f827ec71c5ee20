/** Counts the changes that were seen, by account: what was decided stands as long as none was. */
export interface Moves {
  /** Of all accounts. */
  readonly count: number
  saw(uid: string): void
  /** Something changed that concerns every account. */
  sawForAll(): void
  /** Grows with every change of one of these accounts. */
  stamp(uids: Iterable<string>): number
}

export function createMoves(maxAccounts: number): Moves {
  const byAccount = new Map<string, number>()
  let count = 0
  let forAll = 0
  return {
    get count() {
      return count
    },
    saw(uid) {
      count += 1
      // What is forgotten here counts as a change of all: a stamp never comes again.
      if (byAccount.size >= maxAccounts && !byAccount.has(uid)) {
        forAll = count
        byAccount.clear()
      }
      byAccount.set(uid, count)
    },
    sawForAll() {
      count += 1
      forAll = count
    },
    stamp(uids) {
      let last = forAll
      for (const uid of uids) last = Math.max(last, byAccount.get(uid) ?? 0)
      return last
    },
  }
}
