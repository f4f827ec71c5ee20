/** A map that forgets its oldest entries, so that what requests name can never fill the memory. */
export interface BoundedMap<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
}

export function boundedMap<K, V>(most: number): BoundedMap<K, V> {
  const map = new Map<K, V>()
  return {
    get: (key) => map.get(key),
    set(key, value) {
      if (map.size >= most) map.delete(map.keys().next().value as K)
      map.set(key, value)
    },
  }
}
