import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { refuse } from '../../base/problem.ts'
import { createRootKey, type RootKey } from '../../crypto/root-key.ts'
import { createRootKeyFile } from '../../crypto/root-key-file.ts'
import type { PreparedRootKey, RootKeyRotation } from '../../pipeline/scope.ts'
import { writeMeta } from '../../store/meta.ts'
import { bumpEveryRevision } from '../../store/revisions.ts'
import { nextKeyFile, ROOT_KEY_CHECK, settleRootKey } from '../root-key.ts'
import type { OpenKeyring } from './open.ts'

/**
 * Changes the root key, in steps of which each can be the last:
 *
 *   1. the new key lies durable in a file beside the old one, named by its check value;
 *   2. one transaction seals the keyring under it and notes its check value; now the old key opens nothing;
 *   3. the new file takes the name of the old one, whose bytes are overwritten.
 *
 * A start finds the key whose check value the database notes, in either file, and does what is left of step 3.
 */
export function rootKeyRotation(ring: OpenKeyring, path: string): RootKeyRotation {
  return Object.freeze<RootKeyRotation>({
    async prepare() {
      if (ring.keyring.carrying) {
        throw refuse({ code: 'OperationRejected', detail: 'The database is being carried over.' })
      }
      const { key, stale } = makeKey(path)
      const cutsSessions = ring.keyring.opensCarried
      const row = await ring.prepare((state) => ({ ...state, carriedUntil: 0 }), key)
      return Object.freeze<PreparedRootKey>({
        checkValue: key.checkValue,
        file: path,
        async write(tx) {
          // Another rotation, or a new generation, came first: nothing is done, and the caller may try again.
          if (!(await ring.write(tx, row))) throw refuse({ code: 'Overloaded' })
          await writeMeta(tx, ROOT_KEY_CHECK, key.checkValue)
          // Tokens that the old key itself sealed are worth nothing now, also those that were opened before.
          if (cutsSessions) await bumpEveryRevision(tx)
        },
        async settle() {
          settleRootKey(path, key.checkValue)
          await ring.adopt(key)
          // Of rotations that were cut off before their commit: they can no longer be committed.
          for (const one of stale) if (existsSync(one)) unlinkSync(one)
        },
      })
    },
  })
}

function makeKey(path: string): {
  readonly key: RootKey
  /** Files of earlier attempts. */
  readonly stale: readonly string[]
} {
  const bytes = randomBytes(32)
  const file = nextKeyFile(path, createRootKey(bytes).checkValue)
  try {
    const stale = nextFiles(path)
    return { key: createRootKeyFile(file, bytes), stale }
  } catch {
    bytes.fill(0)
    throw refuse({
      code: 'OperationRejected',
      detail:
        'The new root key cannot be written beside the old one: the folder of its file must be writable.',
    })
  }
}

/** Files of new root keys that lie beside the present one. */
function nextFiles(path: string): readonly string[] {
  const start = nextKeyFile(basename(path), '')
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(start))
    .map((name) => join(dirname(path), name))
}
