import { type Static, Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import { each, type Turns } from '../../base/turns.ts'
import type { DeclaredWorld } from '../../identity/world/declared.ts'
import { type Entity, entityTitle } from '../../identity/world/entities.ts'
import { changedFields, type FieldChange } from '../../identity/world/field-changes.ts'
import type { MatchedAccount } from '../../identity/world/match.ts'
import { changeLine } from '../../identity/world/plan.ts'
import type { PreparedWorld } from '../../identity/world/prepare.ts'

const DeclaredBy = Type.Union([Type.Literal('file'), Type.Literal('api')])

const ChangeOutput = Type.Object({
  Change: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')]),
  Kind: Type.String(),
  /** Name of the account that it is of; empty for the organization and for networks. */
  Account: Type.String(),
  /** `+ user alice` */
  Line: Type.String(),
  /** Who made what is there: a file, or a call of the API. Absent for what is not there yet. */
  DeclaredBy: Type.Optional(DeclaredBy),
  /** With `Diff`: the fields that differ, all of a new or a deleted entity. A secret has neither text. */
  Fields: Type.Optional(
    Type.Array(
      Type.Object({
        Name: Type.String(),
        /** As it is now; absent for what is new. */
        Before: Type.Optional(Type.String()),
        /** As it will be; absent for what is deleted. */
        After: Type.Optional(Type.String()),
      }),
    ),
  ),
})

/** What an apply did or, as a preview, would do. */
export const ApplyOutput = Type.Object({
  Applied: Type.Boolean(),
  /** Give it back to apply exactly what was previewed. */
  PlanId: Type.String(),
  Changes: Type.Array(ChangeOutput),
  /** What the accounts of the file have that the file does not name; a prune deletes what a file declared before. */
  Kept: Type.Array(Type.Object({ Account: Type.String(), Line: Type.String(), DeclaredBy })),
  Warnings: Type.Array(
    Type.Object({
      Path: Type.String(),
      Line: Type.Integer(),
      Column: Type.Integer(),
      Message: Type.String(),
    }),
  ),
  /** The accounts of the file. A preview gives no ids to new ones. */
  Accounts: Type.Array(
    Type.Object({
      Name: Type.String(),
      Uid: Type.Optional(Type.String()),
      DomainId: Type.Optional(Type.String()),
      ProjectId: Type.Optional(Type.String()),
    }),
  ),
  /** Ids of the access keys that this apply deleted. */
  DeletedAccessKeys: Type.Array(Type.String()),
  /** The access keys that this apply generated: shown this once. */
  Credentials: Type.Array(
    Type.Object({
      Account: Type.String(),
      AccountUid: Type.String(),
      DomainId: Type.String(),
      ProjectId: Type.String(),
      /** Empty for the root identity. */
      User: Type.String(),
      Label: Type.String(),
      AccessKeyId: Type.String(),
      AccessKeySecret: Secret(Type.String()),
    }),
  ),
})

export function* describeApply(
  prepared: PreparedWorld,
  world: DeclaredWorld,
  { applied, planId, diff = false }: { applied: boolean; planId: string; diff?: boolean },
): Turns<Static<typeof ApplyOutput>> {
  const { plan, accounts } = prepared
  const names = new Map(accounts.map(({ uid, name }) => [uid, name]))
  const nameOf = ({ account }: Entity) => names.get(account) ?? ''
  return {
    Applied: applied,
    PlanId: planId,
    Changes: yield* each(plan.changes, (change) => {
      const Account = nameOf(change.entity)
      const there = change.change === 'update' ? change.stored : change.change === 'delete' && change.entity
      const more = there ? { DeclaredBy: there.declaredBy ?? 'file' } : {}
      const { kind } = change.entity
      return {
        Change: change.change,
        Kind: kind,
        Account,
        Line: changeLine(change, Account),
        ...more,
        ...(diff && { Fields: changedFields(change).map(fieldOutput) }),
      }
    }),
    Kept: yield* each(plan.kept, (entity): Static<typeof ApplyOutput>['Kept'][number] => ({
      Account: nameOf(entity),
      Line: entityTitle(entity, nameOf(entity)),
      DeclaredBy: entity.declaredBy ?? 'file',
    })),
    Warnings: world.warnings.map((w) => ({
      Path: w.path,
      Line: w.line ?? 1,
      Column: w.column ?? 1,
      Message: w.message,
    })),
    Accounts: accounts.map((account) => ({
      Name: account.name,
      ...(account.row || applied ? idsOf(account, prepared) : {}),
    })),
    DeletedAccessKeys: applied
      ? plan.changes.flatMap((one) =>
          one.change === 'delete' && one.entity.kind === 'access-key' ? [one.entity.id] : [],
        )
      : [],
    Credentials: applied
      ? yield* each(prepared.generated, ({ account, user, label, id, secret }) => ({
          Account: account.name,
          AccountUid: account.uid,
          ...projectOf(account, prepared),
          User: user,
          Label: label,
          AccessKeyId: id,
          AccessKeySecret: secret,
        }))
      : [],
  }
}

function fieldOutput({ name, before, after }: FieldChange) {
  return {
    Name: name,
    ...(before !== undefined && { Before: before }),
    ...(after !== undefined && { After: after }),
  }
}

function idsOf(account: MatchedAccount, prepared: PreparedWorld) {
  return { Uid: account.uid, ...projectOf(account, prepared) }
}

function projectOf({ uid, row }: MatchedAccount, { newAccounts }: PreparedWorld) {
  if (row) return { DomainId: row.domain_id, ProjectId: row.project_id }
  const { domainId = '', projectId = '' } = newAccounts.get(uid) ?? {}
  return { DomainId: domainId, ProjectId: projectId }
}
