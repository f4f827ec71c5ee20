import type { Credential, EngineName } from '../engines/engine.ts'
import { engineOf } from '../engines/load.ts'
import { managedPassword } from '../password.ts'
import { openPassword } from '../targets/password.ts'
import { addressOf, factsOf, findTarget } from '../targets/targets.ts'
import { RotationFailure } from './failure.ts'
import { CLONE, instanceOf } from './managed-accounts.ts'
import type { Managed, Place, PlaceParts, Value } from './place.ts'

/** The accounts of a database, on a registered target. */
export function databasePlace(parts: PlaceParts, { accountUid, type, config }: Managed): Place {
  const instance = instanceOf(config)
  const engines = enginesOf(type, config)
  const alternates = config.SecretSubType === 'DoubleUsers'

  /** The target as it is now: what the operator takes off its list is off at once. */
  async function open(accounts: readonly string[]) {
    const target = await findTarget(parts.read, accountUid, instance)
    if (!target) throw new RotationFailure('TargetNotFound', `the target \`${instance}\` is not registered`)
    const facts = factsOf(target)
    if (!engines.includes(facts.engine)) {
      const why = `the target \`${instance}\` is ${facts.engine}, which secrets of the type ${type} do not rotate on`
      throw new RotationFailure('NotListed', why)
    }
    for (const account of accounts) {
      if (facts.accounts.includes(account) && account !== facts.administrator) continue
      const why = `the target \`${instance}\` does not let secrets manage the account \`${account}\``
      throw new RotationFailure('NotListed', why)
    }
    const administrator = { name: facts.administrator, password: openPassword(parts.keyring, target) }
    return { at: addressOf(facts), administrator, engine: await engineOf(facts.engine) }
  }

  const accountsOf = (value: Value) => {
    const name = value.AccountName ?? ''
    return alternates ? [name, otherName(config, name, undefined)] : [name]
  }

  return {
    alternates,
    async next(current, previous) {
      const name = current.AccountName ?? ''
      const next = alternates ? otherName(config, name, previous?.AccountName) : name
      return { AccountName: next, AccountPassword: managedPassword() }
    },
    async inspect(value) {
      const accounts = accountsOf(value)
      const { at, administrator, engine } = await open(accounts)
      await engine.inspect(at, administrator, accounts)
    },
    async prepare(value) {
      const { at, administrator, engine } = await open([value.AccountName ?? ''])
      const { close, set } = await engine.preparePassword(at, administrator, credentialOf(value))
      return { make: set, close }
    },
    async prove(value) {
      const { at, engine } = await open([value.AccountName ?? ''])
      await engine.logIn(at, credentialOf(value))
    },
  }
}

/** The account of the other turn: that of the version before, else the one with or without `_clone`. */
function otherName(
  { CloneAccountName }: Managed['config'],
  name: string,
  previous: string | undefined,
): string {
  if (previous !== undefined && previous !== name) return previous
  if (name.endsWith(CLONE)) return name.slice(0, -CLONE.length)
  return typeof CloneAccountName === 'string' ? CloneAccountName : `${name}${CLONE}`
}

function credentialOf({ AccountName = '', AccountPassword = '' }: Value): Credential {
  return { name: AccountName, password: AccountPassword }
}

/** PolarDB is served as the engine that it is compatible with. */
function enginesOf(type: Managed['type'], config: Managed['config']): readonly EngineName[] {
  const mysql: readonly EngineName[] = ['mysql', 'mariadb']
  if (type === 'Redis') return ['redis']
  if (type === 'Rds') return ['postgresql', ...mysql]
  const kind = String(config.DBType).toLowerCase()
  return kind === 'mysql' ? mysql : kind === 'postgresql' ? ['postgresql'] : []
}
