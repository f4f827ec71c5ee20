import { atOnce } from '../../base/turns.ts'
import { identityPolicy } from '../built-in.ts'
import type { DeclaredAccount, DeclaredEntity } from './account.ts'
import { type Entity, type EntityKind, entityKey, entityTitle } from './entities.ts'
import { quotaMistakes } from './quotas.ts'
import { firstOn, type Reader } from './reader.ts'
import type { Path } from './source.ts'

/** What one account's entities must keep among themselves: no twins, nothing that hangs in the air, no more than allowed. */
export function checkEntities(reader: Reader, entities: readonly DeclaredEntity[]): void {
  const known = new Map<string, Path>()
  for (const entity of entities) {
    const key = keyOf(entity)
    const twin = known.get(key)
    const id = entity.kind === 'access-key' && entity.name[1] === 'id'
    if (twin && !id) {
      reader.mistake(entity.path, `${titleOf(entity)} is declared twice: ${firstOn(reader, twin)}`)
    }
    known.set(key, twin ?? entity.path)
  }
  const wants = (entity: DeclaredEntity, kind: EntityKind, ...name: string[]) => {
    if (known.has(keyOf({ kind, name }))) return
    reader.mistake(entity.path, `there is no ${titleOf({ kind, name })} in this account of the file`)
  }
  for (const entity of entities) {
    const [, b = '', c = '', d = ''] = entity.name
    if (entity.kind === 'member') wants(entity, 'user', b)
    if (entity.kind === 'attachment' && !identityPolicy(c, d)) wants(entity, 'policy', c, d)
  }
  for (const { entity, message } of atOnce(quotaMistakes(entities))) reader.mistake(entity.path, message)
}

/** No two accounts of one file have the same name or id. */
export function findAccountTwins(reader: Reader, accounts: readonly DeclaredAccount[]): void {
  for (const member of ['uid', 'name', 'alias', 'domainId', 'projectId'] as const) {
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

function keyOf(entity: Pick<Entity, 'kind' | 'name'>): string {
  return entityKey({ ...entity, account: '' })
}

function titleOf(entity: Pick<Entity, 'kind' | 'name'>): string {
  return entityTitle({ ...entity, account: '' }, '')
}
