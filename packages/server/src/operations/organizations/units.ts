import { Type } from 'typebox'
import { newTreeId } from '../../identity/ids.ts'
import { createFolders, deleteFolder, renameFolder } from '../../identity/organization.ts'
import { attachDefaults } from '../../identity/organization-types.ts'
import { describeUnit, tagsFrom } from './describe.ts'
import { Input, id, Nothing, name, Page, PageInfo, tags, Unit } from './fields.ts'
import { orgRead, orgWrite } from './iam-record.ts'
import { readPage } from './pages.ts'

/** With tags a call needs the action that sets them too, on a target of its kind. */
export const tagging = (type: string) => (input: { readonly tags?: readonly object[] }) =>
  input.tags === undefined || input.tags.length === 0 ? [] : [{ action: 'organizations:resources:tag', type }]

const one = {
  names: { unit: 'folder' },
  idsOf: ({ organizational_unit_id }: { readonly organizational_unit_id: string }) => ({
    unit: organizational_unit_id,
  }),
  on: ['unit'],
} as const

export const createUnit = orgWrite({
  call: 'CreateOrganizationalUnit',
  action: 'ous:create',
  summary: 'Make an organizational unit',
  input: Input({ name, parent_id: id, tags: Type.Optional(tags) }),
  output: Type.Object({ organizational_unit: Unit }),
  names: { parent: 'folder' },
  idsOf: ({ parent_id }) => ({ parent: parent_id }),
  on: ['parent'],
  requested: ({ tags }) => tagsFrom(tags),
  also: tagging('ou'),
  prepare: () => newTreeId(),
  async work(tx, { author, organization }, { name: unit, tags }, { parent }, made) {
    await createFolders(tx, [{ id: made, parent: parent.id, name: unit, tags: tagsFrom(tags) }], author)
    await attachDefaults(tx, [made], author.now)
    const row = { id: made, name: unit, parent_id: parent.id, created_at: author.now }
    return { organizational_unit: describeUnit(row, organization) }
  },
  example: {
    name: 'made',
    parent_id: '{organization.unitId}',
    tags: [{ key: 'team', value: 'a' }],
  },
})

export const showUnit = orgRead({
  call: 'ShowOrganizationalUnit',
  action: 'ous:get',
  summary: 'Show an organizational unit',
  input: Input({ organizational_unit_id: id }),
  output: Type.Object({ organizational_unit: Unit }),
  ...one,
  who: 'readers',
  work: (_scope, _input, { unit }, organization) => ({
    organizational_unit: describeUnit(unit.row, organization),
  }),
  example: { organizational_unit_id: '{organization.unitId}' },
})

export const updateUnit = orgWrite({
  call: 'UpdateOrganizationalUnit',
  action: 'ous:update',
  summary: 'Give an organizational unit another name',
  input: Input({ organizational_unit_id: id, name }),
  output: Type.Object({ organizational_unit: Unit }),
  ...one,
  async work(tx, { organization }, { name: wanted }, { unit }) {
    await renameFolder(tx, unit.id, wanted)
    return { organizational_unit: describeUnit({ ...unit.row, name: wanted }, organization) }
  },
  example: { organizational_unit_id: '{organization.unitId}', name: 'renamed' },
})

export const deleteUnit = orgWrite({
  call: 'DeleteOrganizationalUnit',
  action: 'ous:delete',
  summary: 'Delete an organizational unit that holds nothing',
  input: Input({ organizational_unit_id: id }),
  output: Nothing,
  ...one,
  async work(tx, _call, _input, { unit }) {
    await deleteFolder(tx, unit.id)
    return {}
  },
  example: { organizational_unit_id: '{organization.emptyUnitId}' },
})

export const listUnits = orgRead({
  call: 'ListOrganizationalUnits',
  action: 'ous:list',
  summary: 'List organizational units, of one parent or all',
  input: Input({ ...Page, parent_id: Type.Optional(id) }),
  output: Type.Object({ organizational_units: Type.Array(Unit), page_info: PageInfo }),
  names: { parent: 'target' },
  idsOf: ({ parent_id }) => ({ parent: parent_id }),
  on: [],
  who: 'readers',
  async work({ store }, input, { parent }, organization) {
    const all = store.read.selectFrom('organization_folders').selectAll().orderBy('id')
    const asked =
      input.parent_id === undefined
        ? all.where('parent_id', '!=', '')
        : all.where('parent_id', '=', parent.id)
    const { page, page_info } = await readPage(
      input,
      (after, limit) => asked.where('id', '>', after).limit(limit).execute(),
      (row) => row.id,
    )
    return { organizational_units: page.map((row) => describeUnit(row, organization)), page_info }
  },
  example: { parent_id: '{organization.rootId}' },
})
