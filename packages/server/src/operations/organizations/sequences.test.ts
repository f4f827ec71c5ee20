import { compilePolicies, decide, type LanguageName, parsePolicy } from '@keyward/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userCaller } from '../../identity/callers.ts'
import { readAccount } from '../../identity/queries.ts'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import type { Operation } from '../../pipeline/operation.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { resourceManagerOperations } from '../resourcemanager/index.ts'
import { folderText } from './found.ts'
import { organizationOperations } from './index.ts'
import { createOrganizationModel } from './testing/model.ts'

// Random sequences of calls on an organization against a plain model in memory: the same answers, and after every call the
// same decisions for its members.

const databases = await testDatabases()

const MEMBERS = ['m1', 'm2'] as const
const FOLDERS = ['f1', 'f2', 'f3', 'f4', 'f5', 'f6'] as const
const ACTIONS = ['kms:ListKeys', 'kms:CreateKey'] as const
const IN_IAM: Readonly<Record<string, string>> = {
  'kms:ListKeys': 'kms:cmk:list',
  'kms:CreateKey': 'kms:cmk:create',
}
const ALL = {
  ram: allowAll('ram', { Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }),
  iam: allowAll('iam', { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] }),
}

function allowAll(language: LanguageName, text: object) {
  const { document } = parsePolicy(JSON.stringify(text), { language, type: 'identity' })
  return compilePolicies(language, [{ name: 'all', document: document! }])
}

type Step = readonly [call: string, input: Readonly<Record<string, string>>]
const step = (call: string, input: Record<string, fc.Arbitrary<string>> = {}): fc.Arbitrary<Step> =>
  fc.record(input).map((given) => [call, given] as const)
const folder = fc.constantFrom('root', ...FOLDERS)
const own = fc.constantFrom(...FOLDERS)
const policy = fc.constantFrom('p1', 'p2', 'p3')
const says = fc.constantFrom(...ACTIONS, ...ACTIONS.map((action) => `!${action}`))
const some = fc.constantFrom('p1', 'p2', 'p3', 'FULL')
const target = fc.constantFrom('root', ...FOLDERS, ...MEMBERS)
/** Each sequence begins with a member that is bound: else most would decide nothing. */
const BOUND: readonly Step[] = [
  ['EnableControlPolicy', {}],
  ['CreateControlPolicy', { policy: 'p1', says: 'kms:ListKeys' }],
  ['AttachControlPolicy', { policy: 'p1', target: 'm1' }],
]
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: step('CreateFolder', { folder: own, parent: folder }) },
    step('DeleteFolder', { folder: own }),
    { weight: 3, arbitrary: step('MoveAccount', { member: fc.constantFrom(...MEMBERS), folder }) },
    { weight: 2, arbitrary: step('CreateControlPolicy', { policy, says }) },
    step('UpdateControlPolicy', { policy, says }),
    step('DeleteControlPolicy', { policy }),
    { weight: 5, arbitrary: step('AttachControlPolicy', { policy: some, target }) },
    { weight: 3, arbitrary: step('DetachControlPolicy', { policy: some, target }) },
    { weight: 2, arbitrary: step('EnableControlPolicy') },
    step('DisableControlPolicy'),
  ),
  { minLength: 20, maxLength: 45 },
)

type Input = Readonly<Record<string, string>>
type Made = { readonly kind: 'folder' | 'policy'; readonly id: string }

/** How an API makes an organization and does the steps: the same in the words of each. */
interface Api {
  readonly language: LanguageName
  readonly prefix: string
  readonly operations: readonly Operation[]
  readonly full: string
  readonly none: Readonly<Record<'folder' | 'policy', string>>
  /** The root's id. */
  open(done: Done): Promise<string>
  /** The id of a new member. */
  member(done: Done, name: string): Promise<string>
  readonly calls: Readonly<Record<string, (ids: Ids, input: Input) => Promise<Asked> | Asked>>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers
  made(output: any): Made | undefined
}
type Asked = readonly [call: string, input: Record<string, unknown>]
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers
type Done = (call: string, input: Record<string, unknown>) => Promise<any>
interface Ids {
  idOf(label: string | undefined, kind: 'folder' | 'policy'): string
  /** The folder that a step has for a new one: a name stays where it is. */
  parentOf(label: string | undefined, otherwise: string | undefined): string
  /** Where a member is. */
  placeOf(member: string | undefined): Promise<string>
}

const inRam = (text = '') =>
  JSON.stringify({
    Version: '1',
    Statement: [
      text.startsWith('!')
        ? { Effect: 'Allow', NotAction: text.slice(1), Resource: '*' }
        : { Effect: 'Deny', Action: text, Resource: '*' },
    ],
  })

/** Only a Deny has a `NotAction` there: what allows all but one action allows the others. */
const inIam = (text = '') => {
  const others = ACTIONS.filter((action) => action !== text.slice(1)).map((action) => IN_IAM[action])
  const statement = text.startsWith('!')
    ? { Effect: 'Allow', Action: others, Resource: ['*'] }
    : { Effect: 'Deny', Action: [IN_IAM[text]], Resource: ['*'] }
  return JSON.stringify({ Version: '5.0', Statement: [statement] })
}

const RESOURCE_MANAGER: Api = {
  language: 'ram',
  prefix: 'resourcemanager',
  operations: resourceManagerOperations,
  full: 'FullAliyunAccess',
  none: { folder: 'fd-0000000000', policy: 'cp-0000000000' },
  open: async (done) => (await done('InitResourceDirectory', {})).ResourceDirectory.RootFolderId,
  member: async (done, name) =>
    (await done('CreateResourceAccount', { DisplayName: name })).Account.AccountId,
  calls: {
    CreateFolder: ({ parentOf }, { folder, parent }) => [
      'CreateFolder',
      { FolderName: folder, ParentFolderId: parentOf(folder, parent) },
    ],
    DeleteFolder: ({ idOf }, { folder }) => ['DeleteFolder', { FolderId: idOf(folder, 'folder') }],
    MoveAccount: ({ idOf }, { member, folder }) => [
      'MoveAccount',
      { AccountId: idOf(member, 'folder'), DestinationFolderId: idOf(folder, 'folder') },
    ],
    CreateControlPolicy: (_, { policy, says }) => [
      'CreateControlPolicy',
      { PolicyName: policy, PolicyDocument: inRam(says), EffectScope: 'RAM' },
    ],
    UpdateControlPolicy: ({ idOf }, { policy, says }) => [
      'UpdateControlPolicy',
      { PolicyId: idOf(policy, 'policy'), NewPolicyDocument: inRam(says) },
    ],
    DeleteControlPolicy: ({ idOf }, { policy }) => [
      'DeleteControlPolicy',
      { PolicyId: idOf(policy, 'policy') },
    ],
    AttachControlPolicy: ({ idOf }, { policy, target }) => [
      'AttachControlPolicy',
      { PolicyId: idOf(policy, 'policy'), TargetId: idOf(target, 'folder') },
    ],
    DetachControlPolicy: ({ idOf }, { policy, target }) => [
      'DetachControlPolicy',
      { PolicyId: idOf(policy, 'policy'), TargetId: idOf(target, 'folder') },
    ],
    EnableControlPolicy: () => ['EnableControlPolicy', {}],
    DisableControlPolicy: () => ['DisableControlPolicy', {}],
  },
  made: ({ Folder, ControlPolicy }) =>
    Folder
      ? { kind: 'folder', id: Folder.FolderId }
      : ControlPolicy && { kind: 'policy', id: ControlPolicy.PolicyId },
}

const SCP = 'service_control_policy'
const ORGANIZATIONS: Api = {
  language: 'iam',
  prefix: 'organizations',
  operations: organizationOperations,
  full: 'p-FullAccess',
  none: { folder: 'ou-0000000000', policy: `p-${'0'.repeat(32)}` },
  async open(done) {
    await done('CreateOrganization', {})
    return (await done('ListRoots', {})).roots[0].id
  },
  member: async (done, name) => (await done('CreateAccount', { name })).create_account_status.account_id,
  calls: {
    CreateFolder: ({ parentOf }, { folder, parent }) => [
      'CreateOrganizationalUnit',
      { name: folder, parent_id: parentOf(folder, parent) },
    ],
    DeleteFolder: ({ idOf }, { folder }) => [
      'DeleteOrganizationalUnit',
      { organizational_unit_id: idOf(folder, 'folder') },
    ],
    MoveAccount: async ({ idOf, placeOf }, { member, folder }) => [
      'MoveAccount',
      {
        account_id: idOf(member, 'folder'),
        source_parent_id: await placeOf(member),
        destination_parent_id: idOf(folder, 'folder'),
      },
    ],
    CreateControlPolicy: (_, { policy, says }) => [
      'CreatePolicy',
      { name: policy, type: SCP, content: inIam(says) },
    ],
    UpdateControlPolicy: ({ idOf }, { policy, says }) => [
      'UpdatePolicy',
      { policy_id: idOf(policy, 'policy'), content: inIam(says) },
    ],
    DeleteControlPolicy: ({ idOf }, { policy }) => ['DeletePolicy', { policy_id: idOf(policy, 'policy') }],
    AttachControlPolicy: ({ idOf }, { policy, target }) => [
      'AttachPolicy',
      { policy_id: idOf(policy, 'policy'), entity_id: idOf(target, 'folder') },
    ],
    DetachControlPolicy: ({ idOf }, { policy, target }) => [
      'DetachPolicy',
      { policy_id: idOf(policy, 'policy'), entity_id: idOf(target, 'folder') },
    ],
    EnableControlPolicy: ({ idOf }) => [
      'EnablePolicyType',
      { policy_type: SCP, root_id: idOf('root', 'folder') },
    ],
    DisableControlPolicy: ({ idOf }) => [
      'DisablePolicyType',
      { policy_type: SCP, root_id: idOf('root', 'folder') },
    ],
  },
  made: ({ organizational_unit, policy }) =>
    organizational_unit
      ? { kind: 'folder', id: organizational_unit.id }
      : policy && { kind: 'policy', id: policy.policy_summary.id },
}

/** An organization of two members, by the labels that steps have for what is in it. */
async function openOrganization(fixture: Fixture, api: Api) {
  const ids = new Map<string, string>([['FULL', api.full]])
  const parents = new Map<string, string>()
  const call = async (action: string, input: Record<string, unknown>) =>
    fixture.pipeline({
      operation: api.operations.find(({ name }) => name === `${api.prefix}:${action}`)!,
      caller: fixture.root,
      connection: {
        requestId: 'REQUEST',
        sourceAddress: '127.0.0.1',
        tlsVersion: '1.3',
        userAgent: undefined,
        referer: undefined,
        receivedAt: Date.now(),
      },
      input,
    })
  const done: Done = async (action, input) => {
    const answer = await call(action, input)
    if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
    return answer.output
  }
  ids.set('root', await api.open(done))
  for (const name of MEMBERS) ids.set(name, await api.member(done, name))
  const accountOf = async (name: string) =>
    (await readAccount(fixture.store.read, api.language === 'ram' ? 'id' : 'domain_id', ids.get(name)!))!
  const known: Ids = {
    idOf: (label = '', kind) => ids.get(label) ?? api.none[kind],
    parentOf: (label = '', otherwise) => known.idOf(parents.get(label) ?? otherwise, 'folder'),
    async placeOf(member = '') {
      const { uid } = await accountOf(member)
      const row = await fixture.store.read
        .selectFrom('organization_members')
        .innerJoin('organization_folders', 'organization_folders.id', 'organization_members.folder_id')
        .select(['organization_folders.id', 'parent_id'])
        .where('account_uid', '=', uid)
        .executeTakeFirstOrThrow()
      return folderText(api.language, row)
    },
  }
  return {
    async run([action, input]: Step): Promise<string> {
      const answer = await call(...(await api.calls[action]!(known, input)))
      if (!answer.ok) {
        const { code, ...more } = answer.problem as { code: string; limit?: number }
        const { limit: _, ...words } = more
        return [code, ...Object.values(words)].join(' ')
      }
      const made = action.startsWith('Create') ? api.made(answer.output) : undefined
      if (made) ids.set(input[made.kind]!, made.id)
      if (action === 'CreateFolder') parents.set(input.folder!, input.parent!)
      if (action === 'DeleteFolder') {
        ids.delete(input.folder!)
        parents.delete(input.folder!)
      }
      if (action === 'DeleteControlPolicy') ids.delete(input.policy!)
      return 'ok'
    },
    async decisions(): Promise<Record<string, string[]>> {
      const { language } = api
      const found: Record<string, string[]> = {}
      for (const name of MEMBERS) {
        const account = await accountOf(name)
        const caller = userCaller(account, { id: '0'.repeat(32), ramId: '1', name: 'u' }, 'KEY')
        const { organization } = await fixture.directory.layersFor(caller, language)
        const principal =
          language === 'ram'
            ? { kind: 'user' as const, account: account.uid, id: caller.arn }
            : { kind: 'user' as const, account: account.domainId, id: caller.urn }
        found[name] = ACTIONS.filter((one) => {
          const action = language === 'ram' ? one : IN_IAM[one]!
          const request = { principal, action, resource: '*', context: new Map<string, string>() }
          return decide(language, request, { identity: ALL[language], ...(organization && { organization }) })
            .allowed
        })
      }
      return found
    },
  }
}

for (const database of databases)
  describe.skipIf(database.missing)(`on ${database.name}`, () => {
    // A new database of PostgreSQL takes its time.
    const runs = database.name === 'sqlite' ? 15 : 3

    it.each([RESOURCE_MANAGER, ORGANIZATIONS])(
      'calls of $prefix do what the model does',
      {
        timeout: 120_000,
      },
      async (api) => {
        const seen = { ok: 0, refused: 0, denied: 0 }
        await fc.assert(
          fc.asyncProperty(steps, async (random) => {
            const sequence = [...BOUND, ...random]
            const fixture = await openFixture({ url: await database.fresh() })
            try {
              const organization = await openOrganization(fixture, api)
              const model = createOrganizationModel(MEMBERS)
              for (const [i, one] of sequence.entries()) {
                const answer = await organization.run(one)
                seen[answer === 'ok' ? 'ok' : 'refused'] += 1
                expect([i, one, answer]).toEqual([i, one, model.run(one)])
                const decisions = await organization.decisions()
                expect([i, one, decisions]).toEqual([i, one, model.decisions(MEMBERS, ACTIONS)])
                if (decisions.m1!.length < ACTIONS.length) seen.denied += 1
              }
              expect(fixture.defects).toEqual([])
            } finally {
              await fixture.close()
            }
          }),
          { numRuns: runs },
        )
        expect(seen.ok).toBeGreaterThan(20 * runs * 0.2)
        expect(seen.refused).toBeGreaterThan(runs)
        expect(seen.denied).toBeGreaterThanOrEqual(runs)
      },
    )
  })
