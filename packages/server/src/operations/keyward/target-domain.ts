import { randomUUID } from 'node:crypto'
import { refuse } from '../../base/problem.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { secretFingerprint } from '../../identity/access-keys.ts'
import type { WorldDomain } from '../../identity/world/domains.ts'
import type { StoredEntity } from '../../identity/world/entities.ts'
import { openPassword, sealPassword } from '../../secrets/targets/password.ts'
import {
  allTargets,
  factsOf,
  findTarget,
  keepsPassword,
  putTarget,
  type TargetFacts,
} from '../../secrets/targets/targets.ts'
import { targetFacts } from './targets.ts'

/** Databases that secrets rotate on, as world files declare them: the rules are those of `PutTarget`. */
export function targetDomain(keyring: Pick<Keyring, 'open' | 'seal'>): WorldDomain {
  return Object.freeze<WorldDomain>({
    async current(db, accountUid) {
      return (await allTargets(db, accountUid)).map((target): StoredEntity => {
        const { accounts, ...facts } = factsOf(target)
        return {
          kind: 'target',
          account: accountUid,
          id: target.id,
          name: [target.name],
          fields: {
            ...facts,
            accounts: JSON.stringify(accounts),
            password: secretFingerprint(openPassword(keyring, target)),
          },
        }
      })
    },
    async put(tx, { account, fields, name: [id = ''], secret }, now) {
      const known = await findTarget(tx, account, id)
      const before = known && factsOf(known)
      const facts = declared(fields, before)
      const row = known?.id ?? randomUUID()
      const keeps = before !== undefined && keepsPassword(before, facts)
      if (secret === undefined && !keeps) {
        // The password that is stored is for no other place.
        throw refuse({ code: 'MissingParameter', name: `targets.${id}.password` })
      }
      const sealedPassword =
        secret === undefined ? undefined : sealPassword(keyring, { id: row, account_uid: account }, secret)
      await putTarget(tx, account, id, { id: row, facts, sealedPassword }, now)
    },
  })
}

/** What the file leaves out stays as it is, or is as usual for a target that is new. */
function declared(fields: Readonly<Record<string, unknown>>, known: TargetFacts | undefined): TargetFacts {
  const { accounts, password: _, ...said } = fields
  // Of another engine the port that was is none.
  const { port, ...kept } = known ?? {}
  const samePort = known && known.engine === said.engine ? { port } : {}
  const all = { ...kept, ...samePort, ...said } as Partial<TargetFacts>
  const { address = '', administrator = '', ca, database, engine = 'postgresql', port: at, tls } = all
  return targetFacts({
    Engine: engine,
    Address: address,
    ...(at === undefined ? {} : { Port: at }),
    ...(database === undefined ? {} : { Database: database }),
    ...(tls === undefined ? {} : { Tls: tls }),
    ...(ca === undefined ? {} : { CaCertificates: ca }),
    Administrator: administrator,
    Accounts:
      accounts === undefined ? [...(known?.accounts ?? [])] : (JSON.parse(String(accounts)) as string[]),
  })
}
