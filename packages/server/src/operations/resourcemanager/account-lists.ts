import { Type } from 'typebox'
import { readTags } from '../../base/tags.ts'
import type { ReadHandle } from '../../store/store.ts'
import { type FoundMember, folderPaths, type Organization } from '../organizations/found.ts'
import { countMembers, type Members, readMembers } from '../organizations/members.ts'
import { describeMember, hasTags, pathText, tagList, tagsFrom } from './describe.ts'
import { Account, FolderId, Input, Page, Paged, pageOf, readPage, Tag, TagList, text } from './fields.ts'
import { directoryRead } from './record.ts'

const wanted = {
  ...Page,
  QueryKeyword: Type.Optional(text),
  Tag: Type.Optional(Tag),
  IncludeTags: Type.Optional(Type.Boolean()),
}
interface Wanted {
  readonly QueryKeyword?: string
  readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[]
  readonly IncludeTags?: boolean
  readonly PageNumber?: number
  readonly PageSize?: number
}
const Listed = { ...Account, Tags: Type.Optional(TagList) }
type Member = Pick<FoundMember, 'account' | 'row'>

async function pageOfMembers(db: ReadHandle, input: Wanted, which: Members) {
  if (isSearch(input)) return pageOf(await search(db, input, which), input)
  return readPage(input, {
    count: () => countMembers(db, which),
    read: (part) => readMembers(db, { ...which, ...part }),
  })
}

const listed = (member: Member, { IncludeTags }: Wanted, organization: Organization) => ({
  ...describeMember(member, organization),
  ...(IncludeTags && { Tags: { Tag: tagList(readTags(member.row.tags)) } }),
})

const isSearch = ({ QueryKeyword = '', Tag = [] }: Wanted) => QueryKeyword !== '' || Tag.length > 0

/** Which members there are of a name or with tags tells only who looks at all. */
async function search(db: ReadHandle, { QueryKeyword = '', Tag }: Wanted, which: Members) {
  return (await readMembers(db, which))
    .filter(({ account }) => account.name.includes(QueryKeyword))
    .filter(({ row }) => hasTags(readTags(row.tags), tagsFrom(Tag)))
}

interface AskedList extends Wanted {
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** How many a page has whose size is not asked for, where pages are told by what came before. */
const MAX_RESULTS = 20

/** Pages that begin after the last member of the one before. */
async function pageAfter(db: ReadHandle, input: AskedList, which: Members) {
  const { MaxResults = MAX_RESULTS, NextToken = '' } = input
  const found = isSearch(input)
    ? (await search(db, input, which)).filter(({ account }) => account.uid > NextToken)
    : await readMembers(db, { ...which, after: NextToken, limit: MaxResults + 1 })
  const page = found.slice(0, MaxResults)
  const next = found.length > MaxResults ? page.at(-1)!.account.uid : undefined
  const TotalCount = isSearch(input) ? (await search(db, input, which)).length : await countMembers(db, which)
  return { page, next, TotalCount, PageNumber: 1, PageSize: MaxResults }
}

/** Pages have numbers, or each begins where the one before ended: a client asks for the one or the other. */
export const listAccounts = directoryRead({
  call: 'ListAccounts',
  summary: 'List the members of the resource directory',
  input: Input({
    ...wanted,
    MaxResults: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    NextToken: Type.Optional(Type.String({ pattern: '^[0-9]{0,20}$' })),
  }),
  output: Type.Object({
    ...Paged,
    NextToken: Type.Optional(text),
    Accounts: Type.Object({ Account: Type.Array(Type.Object({ ...Listed, ResourceDirectoryPath: text })) }),
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store: { read: db } }, input, _things, organization) {
    // The management account is no member here.
    const which = { without: organization.management.uid }
    const goesOn = input.MaxResults !== undefined || input.NextToken
    const { page, next, ...more } = goesOn
      ? await pageAfter(db, input, which)
      : { next: undefined, ...(await pageOfMembers(db, input, which)) }
    const pathOf = await folderPaths(db)
    const Account = page.map((member) => ({
      ...listed(member, input, organization),
      ResourceDirectoryPath: pathText(organization, pathOf(member.row.folder_id), member.account.uid),
    }))
    return { ...more, ...(next !== undefined && { NextToken: next }), Accounts: { Account } }
  },
  example: {},
})

export const listAccountsForParent = directoryRead({
  call: 'ListAccountsForParent',
  summary: 'List the members in one folder',
  input: Input({ ...wanted, ParentFolderId: Type.Optional(FolderId) }),
  output: Type.Object({ ...Paged, Accounts: Type.Object({ Account: Type.Array(Type.Object(Listed)) }) }),
  names: { parent: 'folder' },
  idsOf: ({ ParentFolderId }) => ({ parent: ParentFolderId }),
  on: ['parent'],
  async work({ store }, input, { parent }, organization) {
    const which = { folder: parent.id, without: organization.management.uid }
    const { page, ...more } = await pageOfMembers(store.read, input, which)
    return { ...more, Accounts: { Account: page.map((member) => listed(member, input, organization)) } }
  },
  example: { ParentFolderId: '{organization.folderId}' },
})
