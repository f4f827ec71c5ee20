import { afterAll, beforeAll, expect, it } from 'vitest'
import { startService, type TestService } from './service.ts'

// Lists of an organization, as official clients ask for them and read them.

let service: TestService
const call = async (action: string, input: Record<string, unknown> = {}) => {
  const name = action.includes(':') ? action : `resourcemanager:${action}`
  // biome-ignore lint/suspicious/noExplicitAny: answers of every operation
  const { body, status } = (await service.call(service.root, name, input)) as any
  return status < 300 ? body : `${status} ${body.Code ?? body.error_code}`
}
const members: string[] = []
beforeAll(async () => {
  service = await startService()
  await call('InitResourceDirectory')
  for (const DisplayName of ['first', 'second', 'third'])
    members.push((await call('CreateResourceAccount', { DisplayName })).Account.AccountId)
})
afterAll(() => service.close())

it('members come page after page, each once', async () => {
  const paged = async (more: object, NextToken?: string): Promise<string[]> => {
    const page = await call('ListAccounts', { ...more, MaxResults: 1, ...(NextToken && { NextToken }) })
    const ids = page.Accounts.Account.map((one: Record<string, string>) => one.AccountId)
    return page.NextToken === undefined ? ids : [...ids, ...(await paged(more, page.NextToken))]
  }
  expect(await paged({})).toEqual([...members].sort())
  expect(await paged({ QueryKeyword: 'ir' })).toEqual([members[0]!, members[2]!].sort())
  expect(await call('ListAccounts', { MaxResults: 0 })).toBe('400 InvalidParameter.MaxResults')
  expect(await call('ListAccounts', { NextToken: 'x' })).toBe('400 InvalidParameter.NextToken')
})

it('members are listed with their path', async () => {
  const [AccountId] = members
  const { Account } = await call('GetAccount', { AccountId })
  const list = await call('ListAccounts', { PageSize: 50 })
  const found = list.Accounts.Account.find((one: Record<string, string>) => one.AccountId === AccountId)
  expect(found.ResourceDirectoryPath).toBe(Account.ResourceDirectoryPath)
  expect(Account).toMatchObject({ EmailStatus: '', HasSecureMobilePhone: false })
})

it('a member is told what there is to change', async () => {
  const [AccountId] = members
  expect(await call('UpdateAccount', { AccountId })).toBe('409 MissingDisplayNameOrAccountType')
  const kind = { AccountId, NewAccountType: 'CloudAccount' }
  expect(await call('UpdateAccount', kind)).toBe('409 AccountTypeMismatch')
})

it('a list in a query is one pair an item', async () => {
  const listed = async (states: string[]) =>
    (await call('organizations:ListCreateAccountStatuses', { states })).create_account_statuses.length
  expect([await listed(['failed', 'succeeded']), await listed(['succeeded'])]).toEqual([3, 3])
  expect(await listed(['failed', 'in_progress'])).toBe(0)
  const odd = await call('organizations:ListCreateAccountStatuses', { states: ['other'] })
  expect(odd).toBe('400 Organizations.9013')
})

it('delegated administrators are told as clients read them', async () => {
  const [{ id }] = (await call('organizations:ListAccounts')).accounts.filter(
    ({ name }: { name: string }) => name === 'first',
  )
  const delegate = { account_id: id, service_principal: 'service.CFW' }
  await call('organizations:EnableTrustedService', { service_principal: 'service.CFW' })
  await call('organizations:RegisterDelegatedAdministrator', delegate)
  const { delegated_administrators } = await call('organizations:ListDelegatedAdministrators')
  expect(delegated_administrators).toEqual([
    {
      account_id: id,
      account_urn: expect.stringContaining(`/${id}`),
      account_name: 'first',
      join_method: 'created',
      joined_at: expect.stringMatching(/Z$/),
      delegation_enabled_at: expect.stringMatching(/Z$/),
    },
  ])
})
