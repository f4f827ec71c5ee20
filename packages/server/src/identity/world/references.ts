import { identityPolicy } from '../built-in.ts'
import type { DeclaredAccount, DeclaredThing } from './account.ts'
import { quotaMistakes } from './quotas.ts'
import { firstOn, type Reader } from './reader.ts'
import type { Path } from './source.ts'
import { type Thing, type ThingKind, thingKey, thingTitle } from './things.ts'

/** What one account's things must keep among themselves: no twins, nothing that hangs in the air, no more than allowed. */
export function checkThings(reader: Reader, things: readonly DeclaredThing[]): void {
  const known = new Map<string, Path>()
  for (const thing of things) {
    const key = keyOf(thing)
    const twin = known.get(key)
    const id = thing.kind === 'access-key' && thing.name[1] === 'id'
    if (twin && !id) {
      reader.mistake(thing.path, `${titleOf(thing)} is declared twice: ${firstOn(reader, twin)}`)
    }
    known.set(key, twin ?? thing.path)
  }
  const wants = (thing: DeclaredThing, kind: ThingKind, ...name: string[]) => {
    if (known.has(keyOf({ kind, name }))) return
    reader.mistake(thing.path, `there is no ${titleOf({ kind, name })} in this account of the file`)
  }
  for (const thing of things) {
    const [, b = '', c = '', d = ''] = thing.name
    if (thing.kind === 'member') wants(thing, 'user', b)
    if (thing.kind === 'attachment' && !identityPolicy(c, d)) wants(thing, 'policy', c, d)
  }
  for (const { thing, message } of quotaMistakes(things)) reader.mistake(thing.path, message)
}

/** No two accounts of one file have the same name or id. */
export function findAccountTwins(reader: Reader, accounts: readonly DeclaredAccount[]): void {
  for (const member of ['uid', 'name', 'domainId', 'projectId'] as const) {
    const known = new Map<string, Path>()
    for (const account of accounts) {
      const value = account[member]
      if (value === undefined) continue
      const twin = known.get(value)
      if (twin)
        reader.mistake([...account.path, member], `\`${value}\` names two accounts: ${firstOn(reader, twin)}`)
      known.set(value, account.path)
    }
  }
}

function keyOf(thing: Pick<Thing, 'kind' | 'name'>): string {
  return thingKey({ ...thing, account: '' })
}

function titleOf(thing: Pick<Thing, 'kind' | 'name'>): string {
  return thingTitle({ ...thing, account: '' }, '')
}
