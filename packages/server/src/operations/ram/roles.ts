import { Type } from 'typebox'
import { hasTag, readTags, tagsOf } from '../../base/tags.ts'
import { judgeDocument } from '../../identity/judge.ts'
import { createRoles, deleteRole as deleteRow, updateRole as updateRow } from '../../identity/roles.ts'
import { newUserIds } from '../../identity/users.ts'
import { ShownTags, showTags } from '../tag-fields.ts'
import { describeRole, describeRoleWithTrust } from './describe.ts'
import {
  Description,
  Input,
  MaxSessionDuration,
  Nothing,
  Page,
  Paged,
  PolicyDocument,
  Role,
  RoleName,
  RoleWithTrust,
  Tag,
} from './fields.ts'
import { filled, pageOf, wanted } from './pages.ts'
import { ramRead, ramWrite } from './record.ts'

export const createRole = ramWrite({
  action: 'CreateRole',
  summary: 'Make a role and say who may assume it',
  input: Input({
    RoleName,
    AssumeRolePolicyDocument: PolicyDocument,
    Description: Type.Optional(Description),
    MaxSessionDuration: Type.Optional(MaxSessionDuration),
    Tag: Type.Optional(Tag),
  }),
  output: Type.Object({ Role: Type.Omit(Type.Object(RoleWithTrust), ['UpdateDate']) }),
  on: [],
  also: () => ['role/*'],
  prepare: (_scope, { AssumeRolePolicyDocument }) => ({
    ...newUserIds(),
    warnings: judgeDocument(AssumeRolePolicyDocument, 'ram', 'trust'),
  }),
  async work(tx, { account, author, scope }, input, _targets, { warnings, ...ids }) {
    const fields = {
      name: input.RoleName,
      description: input.Description,
      trustRam: input.AssumeRolePolicyDocument,
      maxSession: input.MaxSessionDuration,
      tags: tagsOf(input.Tag ?? []),
    }
    await createRoles(tx, account, [{ ...ids, ...fields }], author)
    for (const warning of warnings) scope.warn(warning)
    const row = await tx.selectFrom('roles').selectAll().where('id', '=', ids.id).executeTakeFirstOrThrow()
    const { UpdateDate: _, ...Role } = describeRoleWithTrust(scope.caller.account, row)
    return { Role }
  },
  example: {
    RoleName: '{identity.newName}',
    AssumeRolePolicyDocument: '{identity.trust}',
    Tag: [{ Key: 'team', Value: 'a' }],
  },
})

export const getRole = ramRead({
  action: 'GetRole',
  summary: 'Show a role',
  input: Input({ RoleName }),
  output: Type.Object({ Role: Type.Object(RoleWithTrust) }),
  on: ['role'],
  work: ({ caller }, _input, { role }) => ({ Role: describeRoleWithTrust(caller.account, role) }),
  example: { RoleName: '{identity.name}' },
})

export const updateRole = ramWrite({
  action: 'UpdateRole',
  summary: 'Change a role, also who may assume it',
  input: Input({
    RoleName,
    NewAssumeRolePolicyDocument: Type.Optional(PolicyDocument),
    NewDescription: Type.Optional(Description),
    NewMaxSessionDuration: Type.Optional(MaxSessionDuration),
  }),
  output: Type.Object({ Role: Type.Object(RoleWithTrust) }),
  on: ['role'],
  prepare: (_scope, { NewAssumeRolePolicyDocument }) =>
    NewAssumeRolePolicyDocument === undefined
      ? []
      : judgeDocument(NewAssumeRolePolicyDocument, 'ram', 'trust'),
  async work(tx, { author, scope }, input, { role }, warnings) {
    const fields = {
      description: input.NewDescription,
      trustRam: input.NewAssumeRolePolicyDocument,
      maxSession: input.NewMaxSessionDuration,
    }
    await updateRow(tx, role.id, fields, author)
    for (const warning of warnings) scope.warn(warning)
    const row = await tx.selectFrom('roles').selectAll().where('id', '=', role.id).executeTakeFirstOrThrow()
    return { Role: describeRoleWithTrust(scope.caller.account, row) }
  },
  example: { RoleName: '{identity.name}', NewAssumeRolePolicyDocument: '{identity.trust}' },
})

export const deleteRole = ramWrite({
  action: 'DeleteRole',
  summary: 'Delete a role that nothing is attached to; its sessions end',
  input: Input({ RoleName }),
  output: Nothing,
  on: ['role'],
  async work(tx, { author }, _input, { role }) {
    await deleteRow(tx, role.id, author)
    return {}
  },
  example: { RoleName: '{identity.name}' },
})

export const listRoles = ramRead({
  action: 'ListRoles',
  summary: 'List roles by name',
  input: Input({ ...Page, Tag: Type.Optional(Tag) }),
  output: Type.Object({
    ...Paged,
    Roles: Type.Object({ Role: Type.Array(Type.Object({ ...Role, Tags: ShownTags })) }),
  }),
  on: [],
  also: () => ['role/*'],
  async work({ caller, store }, input) {
    const { items, ...from } = wanted(input)
    const asked = [...tagsOf(input.Tag ?? [])]
    const matching = await filled(
      from,
      (after, limit) =>
        store.read
          .selectFrom('roles')
          .selectAll()
          .where('account_uid', '=', caller.account.uid)
          .where('name', '>', after)
          .orderBy('name')
          .limit(limit)
          .execute(),
      (row) => {
        const tags = readTags(row.tags)
        return asked.every(([key, value]) => hasTag(tags, key, value))
      },
    )
    const { page, ...more } = pageOf(matching, items, ({ name }) => name)
    const roles = page.map((row) => ({
      ...describeRole(caller.account, row),
      Tags: showTags(readTags(row.tags)),
    }))
    return { ...more, Roles: { Role: roles } }
  },
  example: {},
})
