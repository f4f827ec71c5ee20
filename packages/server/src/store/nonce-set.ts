/** The nonces of a SQLite database in memory. One process has the file, so what stands here is all there is. */
export interface NonceSet {
  /**
   * Adds an id under the minute of its signature; false when it is there already, under whichever minute, or when the
   * minute is below the floor.
   */
  add(bucket: number, id: Uint8Array): boolean
  /** Whether `add` would answer false. */
  has(bucket: number, id: Uint8Array): boolean
  remove(bucket: number, id: Uint8Array): void
  /** Refuses every bucket below this one from now on. The floor never sinks. */
  raise(floor: number): void
  /** Forgets the buckets below the floor. */
  purge(): void
}

/*
 * A bucket is a table of slots with open addressing, two 32-bit words each: the first 8 bytes of the id, which is a hash.
 * That two different ids agree in them is as likely as guessing a 64-bit number; it would refuse a request, never let
 * one through. An empty slot is 0 0, so an id that begins so is kept as 1 0.
 */
interface Bucket {
  slots: Uint32Array
  used: number
}

const FIRST_SLOTS = 64

export function createNonceSet(): NonceSet {
  const buckets = new Map<number, Bucket>()
  let lowest = Number.NEGATIVE_INFINITY

  function has(number: number, id: Uint8Array): boolean {
    if (number < lowest) return true
    const [high, low] = wordsOf(id)
    // A table a minute, so that a whole one can be forgotten; the window has some forty, and nearly every look into
    // one ends at its first slot.
    for (const { slots } of buckets.values()) if (!isEmpty(slots, find(slots, high, low))) return true
    return false
  }

  return Object.freeze<NonceSet>({
    has,
    add(number, id) {
      if (has(number, id)) return false
      const [high, low] = wordsOf(id)
      let bucket = buckets.get(number)
      if (!bucket) {
        bucket = { slots: new Uint32Array(FIRST_SLOTS * 2), used: 0 }
        buckets.set(number, bucket)
      }
      // At most half full, so that a search ends soon.
      if (bucket.used * 4 >= bucket.slots.length) grow(bucket)
      put(bucket.slots, high, low)
      bucket.used += 1
      return true
    },
    remove(number, id) {
      const bucket = buckets.get(number)
      if (!bucket) return
      const [high, low] = wordsOf(id)
      const at = find(bucket.slots, high, low)
      if (isEmpty(bucket.slots, at)) return
      bucket.slots.fill(0, at, at + 2)
      bucket.used -= 1
      closeGap(bucket.slots, at)
    },
    raise(floor) {
      lowest = Math.max(lowest, floor)
    },
    purge() {
      for (const number of buckets.keys()) if (number < lowest) buckets.delete(number)
    },
  })
}

function wordsOf(id: Uint8Array): readonly [number, number] {
  // By hand: a view of the bytes would be an object for every look.
  const high = ((id[0]! << 24) | (id[1]! << 16) | (id[2]! << 8) | id[3]!) >>> 0
  const low = ((id[4]! << 24) | (id[5]! << 16) | (id[6]! << 8) | id[7]!) >>> 0
  return high === 0 && low === 0 ? [1, 0] : [high, low]
}

function isEmpty(slots: Uint32Array, at: number): boolean {
  return slots[at] === 0 && slots[at + 1] === 0
}

/** Index of the id's slot, or of the empty one where it belongs. */
function find(slots: Uint32Array, high: number, low: number): number {
  const mask = slots.length - 1
  let at = (high * 2) & mask
  while (!isEmpty(slots, at) && (slots[at] !== high || slots[at + 1] !== low)) at = (at + 2) & mask
  return at
}

function grow(bucket: Bucket): void {
  const old = bucket.slots
  bucket.slots = new Uint32Array(old.length * 2)
  for (let at = 0; at < old.length; at += 2) if (!isEmpty(old, at)) put(bucket.slots, old[at]!, old[at + 1]!)
}

function put(slots: Uint32Array, high: number, low: number): void {
  const at = find(slots, high, low)
  slots[at] = high
  slots[at + 1] = low
}

/** Puts what stands behind a freed slot, up to the next empty one, where a search finds it again. */
function closeGap(slots: Uint32Array, freed: number): void {
  const mask = slots.length - 1
  for (let at = (freed + 2) & mask; !isEmpty(slots, at); at = (at + 2) & mask) {
    const high = slots[at]!
    const low = slots[at + 1]!
    slots.fill(0, at, at + 2)
    put(slots, high, low)
  }
}
