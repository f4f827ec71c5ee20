import { compilePolicies, decide, parsePolicy } from '@keyward/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userCaller } from '../../identity/callers.ts'
import { readAccount } from '../../identity/queries.ts'
import { type House, openHouse } from '../../identity/testing/house.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { resourceManagerOperations } from '../resourcemanager/index.ts'
import { createOrganizationModel } from './testing/model.ts'

// Random sequences of calls on an organization against a plain model in memory: the same answers, and after every call the
// same decisions for its members.

const databases = await testDatabases()

const MEMBERS = ['m1', 'm2'] as const
const FOLDERS = ['f1', 'f2', 'f3', 'f4', 'f5', 'f6'] as const
const ACTIONS = ['kms:ListKeys', 'kms:CreateKey'] as const
const ALL = compilePolicies('ram', [
  { name: 'all', document: documentOf({ Effect: 'Allow', Action: '*', Resource: '*' }) },
])

function documentOf(statement: object) {
  return parsePolicy(JSON.stringify({ Version: '1', Statement: [statement] }), {
    language: 'ram',
    type: 'identity',
  }).document!
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

/** An organization of two members, by the labels that steps have for what is in it. */
async function openOrganization(house: House) {
  const ids = new Map<string, string>([['FULL', 'FullAliyunAccess']])
  const parents = new Map<string, string>()
  const call = async (action: string, input: Record<string, unknown>) =>
    house.pipeline({
      operation: resourceManagerOperations.find(({ name }) => name === `resourcemanager:${action}`)!,
      caller: house.root,
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
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers
  const done = async (action: string, input: Record<string, unknown>): Promise<any> => {
    const answer = await call(action, input)
    if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
    return answer.output
  }
  const made = await done('InitResourceDirectory', {})
  ids.set('root', made.ResourceDirectory.RootFolderId)
  for (const name of MEMBERS) {
    const { Account } = await done('CreateResourceAccount', { DisplayName: name })
    ids.set(name, Account.AccountId)
  }
  const idOf = (label: string | undefined, kind: string) => ids.get(label ?? '') ?? `${kind}-0000000000`
  const document = (text = '') =>
    JSON.stringify({
      Version: '1',
      Statement: [
        text.startsWith('!')
          ? { Effect: 'Allow', NotAction: text.slice(1), Resource: '*' }
          : { Effect: 'Deny', Action: text, Resource: '*' },
      ],
    })
  const inputs: Record<string, (input: Readonly<Record<string, string>>) => Record<string, unknown>> = {
    CreateFolder: ({ folder = '', parent }) => ({
      FolderName: folder,
      ParentFolderId: idOf(parents.get(folder) ?? parent, 'fd'),
    }),
    DeleteFolder: ({ folder }) => ({ FolderId: idOf(folder, 'fd') }),
    MoveAccount: ({ member, folder }) => ({
      AccountId: idOf(member, ''),
      DestinationFolderId: idOf(folder, 'fd'),
    }),
    CreateControlPolicy: ({ policy, says }) => ({
      PolicyName: policy,
      PolicyDocument: document(says),
      EffectScope: 'RAM',
    }),
    UpdateControlPolicy: ({ policy, says }) => ({
      PolicyId: idOf(policy, 'cp'),
      NewPolicyDocument: document(says),
    }),
    DeleteControlPolicy: ({ policy }) => ({ PolicyId: idOf(policy, 'cp') }),
    AttachControlPolicy: ({ policy, target }) => ({
      PolicyId: idOf(policy, 'cp'),
      TargetId: idOf(target, 'fd'),
    }),
    DetachControlPolicy: ({ policy, target }) => ({
      PolicyId: idOf(policy, 'cp'),
      TargetId: idOf(target, 'fd'),
    }),
  }
  return {
    async run([action, input]: Step): Promise<string> {
      const answer = await call(action, inputs[action]?.(input) ?? {})
      if (!answer.ok) {
        const { code, ...more } = answer.problem as { code: string; limit?: number }
        const { limit: _, ...words } = more
        return [code, ...Object.values(words)].join(' ')
      }
      // biome-ignore lint/suspicious/noExplicitAny: tests look into answers
      const output = answer.output as any
      if (action === 'CreateFolder') {
        ids.set(input.folder!, output.Folder.FolderId)
        parents.set(input.folder!, input.parent!)
      }
      if (action === 'CreateControlPolicy') ids.set(input.policy!, output.ControlPolicy.PolicyId)
      if (action === 'DeleteFolder') {
        ids.delete(input.folder!)
        parents.delete(input.folder!)
      }
      if (action === 'DeleteControlPolicy') ids.delete(input.policy!)
      return 'ok'
    },
    async decisions(): Promise<Record<string, string[]>> {
      const found: Record<string, string[]> = {}
      for (const name of MEMBERS) {
        const account = (await readAccount(house.store.read, 'id', ids.get(name)!))!
        const caller = userCaller(account, { id: '0'.repeat(32), ramId: '1', name: 'u' }, 'KEY')
        const { organization } = await house.directory.layersFor(caller, 'ram')
        const principal = { kind: 'user' as const, account: account.uid, id: caller.arn }
        found[name] = ACTIONS.filter((action) => {
          const request = { principal, action, resource: '*', context: new Map<string, string>() }
          return decide('ram', request, { identity: ALL, ...(organization && { organization }) }).allowed
        })
      }
      return found
    },
  }
}

for (const database of databases)
  describe.skipIf(database.missing)(`on ${database.name}`, () => {
    // A new database of PostgreSQL takes its time.
    const runs = database.name === 'sqlite' ? 25 : 4

    it('calls on an organization do what the model does', { timeout: 120_000 }, async () => {
      const seen = { ok: 0, refused: 0, denied: 0 }
      await fc.assert(
        fc.asyncProperty(steps, async (random) => {
          const sequence = [...BOUND, ...random]
          const house = await openHouse({ url: await database.fresh() })
          try {
            const organization = await openOrganization(house)
            const model = createOrganizationModel(MEMBERS)
            for (const [i, one] of sequence.entries()) {
              const answer = await organization.run(one)
              seen[answer === 'ok' ? 'ok' : 'refused'] += 1
              expect([i, one, answer]).toEqual([i, one, model.run(one)])
              const decisions = await organization.decisions()
              expect([i, one, decisions]).toEqual([i, one, model.decisions(MEMBERS, ACTIONS)])
              if (decisions.m1!.length < ACTIONS.length) seen.denied += 1
            }
            expect(house.defects).toEqual([])
          } finally {
            await house.close()
          }
        }),
        { numRuns: runs },
      )
      expect(seen.ok).toBeGreaterThan(20 * runs * 0.2)
      expect(seen.refused).toBeGreaterThan(runs)
      expect(seen.denied).toBeGreaterThanOrEqual(runs)
    })
  })
