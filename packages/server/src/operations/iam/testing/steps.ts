import { decide } from '@keyward/policy'
import { userCaller } from '../../../identity/callers.ts'
import type { Fixture } from '../../../identity/testing/fixture.ts'
import { ACTIONS, run, type Step } from '../../ram/testing/steps.ts'
import { iamOperations } from '../index.ts'

// The random steps of RAM as calls of IAM: the same things, named by their ids, in the other language.

const IN_IAM: Readonly<Record<string, string>> = {
  'kms:ListKeys': 'kms:cmk:list',
  'kms:CreateKey': 'kms:cmk:create',
  'kms:Encrypt': 'kms:cmk:encrypt',
}
const TABLES = { user: 'users', group: 'user_groups', policy: 'policies' } as const

/**
 * As IAM answers: it attaches and adds twice without a word, has no rotation, a user leaves its groups with itself, and the
 * versions of a policy go with it (reference: huawei-iam.md I).
 */
export const asIam = ([call, input]: Step): Step => [
  call,
  {
    ...input,
    ...(call === 'CreatePolicyVersion' && { RotateStrategy: 'None' }),
    CascadingDelete: call === 'DeletePolicy',
  },
]

/** What went wrong, or `ok`. An id that stands for nothing takes the place of a name that nothing has. */
export async function runIam(fixture: Fixture, step: Step, requestId = 'REQUEST'): Promise<string> {
  if (step[0] === 'apply') return run(fixture, step, requestId)
  const [call, input] = step as readonly [string, Record<string, string>]
  const answer = await fixture.pipeline({
    operation: iamOperations.find(({ name }) => name === `iam:${CALLS[call] ?? call}`)!,
    caller: fixture.root,
    connection: {
      requestId,
      sourceAddress: '127.0.0.1',
      tlsVersion: '1.3',
      userAgent: undefined,
      referer: undefined,
      receivedAt: Date.now(),
    },
    input: await translated(fixture, call, input),
  })
  if (answer.ok) return 'ok'
  const { code, entity, holds } = answer.problem as { code: string; entity?: string; holds?: string }
  return [code, entity, holds].filter((part) => part !== undefined).join(' ')
}

const CALLS: Readonly<Record<string, string>> = {
  AttachPolicyToUser: 'AttachUserPolicy',
  AttachPolicyToGroup: 'AttachGroupPolicy',
  DetachPolicyFromUser: 'DetachUserPolicy',
  DetachPolicyFromGroup: 'DetachGroupPolicy',
}

async function translated(fixture: Fixture, call: string, input: Record<string, string>) {
  const { UserName, GroupName, PolicyName, PolicyDocument, NewUserName, SetAsDefault, VersionId } = input
  const policy_document = PolicyDocument && documentOf(PolicyDocument)
  if (call === 'CreateUser') return { name: UserName, enabled: true }
  if (call === 'CreateGroup') return { group_name: GroupName }
  if (call === 'CreatePolicy') return { policy_name: PolicyName, policy_document }
  const ids = [
    ['user', UserName],
    ['group', GroupName],
    ['policy', PolicyName],
  ] as const
  const named: [string, unknown][] = []
  for (const [kind, name] of ids)
    if (name !== undefined) named.push([`${kind}_id`, await idOf(fixture, kind, name)])
  return {
    ...Object.fromEntries(named),
    ...(NewUserName !== undefined && { new_user_name: NewUserName }),
    ...(policy_document !== undefined && { policy_document, set_as_default: SetAsDefault }),
    ...(VersionId !== undefined && { version_id: VersionId }),
  }
}

async function idOf(fixture: Fixture, kind: keyof typeof TABLES, name: string): Promise<string> {
  const rows = fixture.store.read.selectFrom(TABLES[kind] as 'users').select('id')
  const row = await rows.where('name', '=', name).executeTakeFirst()
  return row?.id ?? 'f'.repeat(32)
}

function documentOf(text: string): string {
  const [action] = ACTIONS.filter((one) => text.includes(`"${one}"`))
  const Statement = [{ Effect: 'Allow', Action: [IN_IAM[action!]], Resource: ['*'] }]
  return JSON.stringify({ Version: '5.0', Statement })
}

/** What every user may do, by the names that the steps have for actions. */
export async function decisionsOfIam(fixture: Fixture): Promise<Record<string, string[]>> {
  const { account } = fixture.root
  const rows = await fixture.store.read
    .selectFrom('users')
    .select(['id', 'ram_id', 'name'])
    .where('account_uid', '=', account.uid)
    .execute()
  const found: Record<string, string[]> = {}
  for (const { id, ram_id, name } of rows) {
    const caller = userCaller(account, { id, ramId: ram_id, name }, 'KEY')
    const { identity } = await fixture.directory.layersFor(caller, 'iam')
    const principal = { kind: 'user' as const, account: account.domainId, id: caller.urn }
    found[name] = ACTIONS.filter((action) => {
      const request = {
        principal,
        action: IN_IAM[action]!,
        resource: '*',
        context: new Map<string, string>(),
      }
      return decide('iam', request, { identity: identity! }).allowed
    })
  }
  return found
}
