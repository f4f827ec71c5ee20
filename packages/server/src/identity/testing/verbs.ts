import type { Problem } from '../../base/problem.ts'
import { Refusal } from '../../base/problem.ts'
import { testKeyring } from '../../crypto/testing/keyring.ts'
import type { ReadHandle, Store, WriteHandle } from '../../store/store.ts'
import { sealSecret } from '../access-keys.ts'
import { createAccounts } from '../accounts.ts'
import { newAccountUid, newHexId } from '../ids.ts'
import { type Author, moveDirectory } from '../rows.ts'
import { newUserIds } from '../users.ts'

export const API: Author = Object.freeze({ now: 1000, by: 'api' })
export const FILE: Author = Object.freeze({ now: 2000, by: 'file' })

/** An account of a store, and the verbs of this domain on it. */
export interface VerbFixture {
  readonly uid: string
  readonly db: ReadHandle
  run<T>(body: (tx: WriteHandle) => Promise<T>): Promise<T>
  /** Runs what must be refused, and gives the problem. Nothing of it remains. */
  refused(body: (tx: WriteHandle) => Promise<unknown>): Promise<Problem>
}

export async function verbFixture(store: Store): Promise<VerbFixture> {
  const uid = newAccountUid()
  const account = { uid, domainId: newHexId(), projectId: newHexId(), name: `a${uid}` }
  await store.write((tx) => createAccounts(tx, [account], API))
  const run: VerbFixture['run'] = (body) =>
    store.write(async (tx) => {
      await moveDirectory(tx, uid)
      return body(tx)
    })
  return {
    uid,
    db: store.read,
    run,
    async refused(body) {
      try {
        await run(body)
      } catch (error) {
        if (error instanceof Refusal) return error.problem
        throw error
      }
      throw new Error('it was not refused')
    },
  }
}

export function aUser(name: string, more: object = {}) {
  return { ...newUserIds(), name, ...more }
}

export function aRow(name: string, more: object = {}) {
  return { id: newHexId(), name, ...more }
}

const keyring = testKeyring()

export function aKey(accountUid: string, userId: string | null, id = `LTAI${newHexId()}`) {
  return { id, userId, sealed: sealSecret(keyring, { accountUid, userId, accessKeyId: id }, 'a-secret') }
}

export const DOCUMENT = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }],
})
