import type { Driver } from 'kysely'

const never = async () => {
  throw new TypeError('transactions are opened by `Store.write` only')
}

/** The driver behind a handle whose connection its store gives: it opens none and begins no transaction. */
export const bodyDriver: Driver = Object.freeze<Driver>({
  init: async () => {},
  acquireConnection: never,
  beginTransaction: never,
  commitTransaction: never,
  rollbackTransaction: never,
  releaseConnection: async () => {},
  destroy: async () => {},
})
