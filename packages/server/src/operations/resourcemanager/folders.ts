import { Type } from 'typebox'
import { readTags } from '../../base/tags.ts'
import { newTreeId } from '../../identity/ids.ts'
import { createFolders, deleteFolder as deleteRow, renameFolder } from '../../identity/organization.ts'
import { attachDefaults } from '../../identity/organization-types.ts'
import type { ReadHandle } from '../../store/store.ts'
import { describeFolder, hasTags, pathText, tagList, tagsFrom } from './describe.ts'
import {
  Folder,
  FolderId,
  FolderName,
  Input,
  Nothing,
  Page,
  Paged,
  pageOf,
  Tag,
  TagList,
  text,
} from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

const byFolder = ({ FolderId }: { readonly FolderId: string }) => ({ folder: FolderId })
const byParent = ({ ParentFolderId }: { readonly ParentFolderId?: string }) => ({ parent: ParentFolderId })

export const createFolder = directoryWrite({
  call: 'CreateFolder',
  summary: 'Make a folder in the resource directory',
  input: Input({ ParentFolderId: Type.Optional(FolderId), FolderName, Tag: Type.Optional(Tag) }),
  output: Type.Object({ Folder: Type.Object(Folder) }),
  names: { parent: 'folder' },
  idsOf: byParent,
  on: ['parent'],
  requested: ({ Tag }) => tagsFrom(Tag),
  prepare: () => newTreeId(),
  async work(tx, { author, organization }, { FolderName: name, Tag }, { parent }, id) {
    await createFolders(tx, [{ id, parent: parent.id, name, tags: tagsFrom(Tag) }], author)
    await attachDefaults(tx, [id], author.now)
    const row = { id, name, parent_id: parent.id, created_at: author.now }
    return { Folder: describeFolder(row, organization.root.id) }
  },
  example: { FolderName: 'made', ParentFolderId: '{organization.folderId}' },
})

export const getFolder = directoryRead({
  call: 'GetFolder',
  summary: 'Show a folder of the resource directory',
  input: Input({ FolderId }),
  output: Type.Object({ Folder: Type.Object({ ...Folder, ResourceDirectoryPath: text }) }),
  names: { folder: 'folder' },
  idsOf: byFolder,
  on: ['folder'],
  work: (_scope, _input, { folder }, organization) => ({
    Folder: {
      ...describeFolder(folder.row, organization.root.id),
      ResourceDirectoryPath: pathText(organization, folder.path),
    },
  }),
  example: { FolderId: '{organization.folderId}' },
})

export const updateFolder = directoryWrite({
  call: 'UpdateFolder',
  summary: 'Give a folder another name',
  input: Input({ FolderId, NewFolderName: FolderName }),
  output: Type.Object({ Folder: Type.Object(Folder) }),
  names: { folder: 'folder' },
  idsOf: byFolder,
  on: ['folder'],
  async work(tx, { organization }, { NewFolderName: name }, { folder }) {
    await renameFolder(tx, folder.id, name)
    return { Folder: describeFolder({ ...folder.row, name }, organization.root.id) }
  },
  example: { FolderId: '{organization.folderId}', NewFolderName: 'renamed' },
})

export const deleteFolder = directoryWrite({
  call: 'DeleteFolder',
  summary: 'Delete a folder that holds nothing',
  input: Input({ FolderId }),
  output: Nothing,
  names: { folder: 'folder' },
  idsOf: byFolder,
  on: ['folder'],
  async work(tx, _call, _input, { folder }) {
    await deleteRow(tx, folder.id)
    return {}
  },
  example: { FolderId: '{organization.emptyFolderId}' },
})

const ShownFolder = Type.Object({ FolderId: text, FolderName: text, CreateTime: text })

export const listFoldersForParent = directoryRead({
  call: 'ListFoldersForParent',
  summary: 'List the folders in a folder by name',
  input: Input({
    ...Page,
    ParentFolderId: Type.Optional(FolderId),
    QueryKeyword: Type.Optional(text),
    Tag: Type.Optional(Tag),
  }),
  output: Type.Object({
    ...Paged,
    Folders: Type.Object({ Folder: Type.Array(Type.Object({ ...Folder, Tags: TagList })) }),
  }),
  names: { parent: 'folder' },
  idsOf: byParent,
  on: ['parent'],
  async work({ store }, input, { parent }, organization) {
    const rows = await foldersIn(store.read, parent.id)
    const found = rows
      .filter(({ name }) => name.includes(input.QueryKeyword ?? ''))
      .filter(({ tags }) => hasTags(readTags(tags), tagsFrom(input.Tag)))
    const { page, ...more } = pageOf(found, input)
    const Folder = page.map((row) => ({
      ...describeFolder(row, organization.root.id),
      Tags: { Tag: tagList(readTags(row.tags)) },
    }))
    return { ...more, Folders: { Folder } }
  },
  example: { ParentFolderId: '{organization.folderId}' },
})

function foldersIn(db: ReadHandle, parent: string) {
  return db
    .selectFrom('organization_folders')
    .selectAll()
    .where('parent_id', '=', parent)
    .orderBy('name')
    .execute()
}

export const listAncestors = directoryRead({
  call: 'ListAncestors',
  summary: 'List the folders above a folder or an account, the root first',
  input: Input({ ChildId: FolderId }),
  output: Type.Object({ Folders: Type.Object({ Folder: Type.Array(ShownFolder) }) }),
  names: { child: 'target' },
  idsOf: ({ ChildId }) => ({ child: ChildId }),
  on: ['child'],
  async work({ store }, _input, { child }, organization) {
    const above = child.kind === 'folder' ? child.path.slice(0, -1) : child.path
    const Folder = []
    for (const id of above) {
      const folders = store.read.selectFrom('organization_folders').selectAll()
      const row = await folders.where('id', '=', id).executeTakeFirstOrThrow()
      const { ParentFolderId: _, ...shown } = describeFolder(row, organization.root.id)
      Folder.push(shown)
    }
    return { Folders: { Folder } }
  },
  example: { ChildId: '{organization.folderId}' },
})
