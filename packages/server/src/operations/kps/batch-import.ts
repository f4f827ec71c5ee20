import { type Static, Type } from 'typebox'
import { type Problem, Refusal } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { DEFAULT_ALGORITHM } from '../../keypairs/algorithms.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { assertOwnProject, closed, keypairCheck, ProjectId } from './common.ts'
import {
  decidedNew,
  MadeKeypair,
  NewKeypair,
  type NewTarget,
  newChecks,
  type PreparedKeypair,
  prepareNew,
  resolveNew,
  storeNew,
} from './new-keypair.ts'

/** Key pairs in one call (reference: huawei-kps.md A.7). */
export const BATCH = 10

const input = Type.Object(
  {
    project_id: ProjectId,
    /** The body is a bare list. */
    items: Type.Array(Type.Object({ keypair: NewKeypair }, closed), { minItems: 1, maxItems: BATCH }),
  },
  closed,
)

/** Whether an item can be made, or what is wrong with it. */
type Item<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

/**
 * Makes up to ten key pairs. All of them are decided before any is made, and the first denial refuses the call; what is
 * wrong with one in itself is told beside those that were made (reference: huawei-iam.md G.3).
 */
export const batchImportKeypair = writeOperation({
  name: 'kps:BatchImportKeypair',
  summary: 'Import or generate up to ten SSH key pairs',
  binding: { wire: 'huawei', method: 'POST', path: '/v3/{project_id}/keypairs/batch-import', status: 200 },
  effect: 'write',
  input,
  output: Type.Object({
    // The service's own clients read `keypair`, the Terraform provider `keypair.keypair`: both are there.
    succeeded_keypairs: Type.Array(
      Type.Object({ keypair: Type.Intersect([MadeKeypair, Type.Object({ keypair: Secret(MadeKeypair) })]) }),
    ),
    failed_keypairs: Type.Array(Type.Object({ keypair_name: Type.String(), failed_reason: Type.String() })),
  }),
  resolve: async (scope, { project_id, items }): Promise<readonly Item<NewTarget>[]> => {
    assertOwnProject(scope, project_id)
    return Promise.all(
      items.map(({ keypair }, i) => attempted(() => resolveNew(scope, keypair, `items.${i}.keypair`))),
    )
  },
  checks: (scope, { items }, targets) =>
    items.flatMap(({ keypair }, i) => {
      const target = targets[i] as Item<NewTarget>
      return target.ok
        ? newChecks(scope, keypair, target.value)
        : [keypairCheck(scope, 'create', keypair.name)]
    }),
  decided: (targets) => targets.flatMap((target) => (target.ok ? decidedNew(target.value) : [])),
  touches: (scope) => [scope.caller.account.uid],
  prepare: (scope, { items }, targets): Promise<readonly Item<PreparedKeypair>[]> =>
    Promise.all(
      items.map(async ({ keypair }, i) => {
        const target = targets[i] as Item<NewTarget>
        if (!target.ok) return target
        return attempted(() => prepareNew(scope, keypair, target.value, `items.${i}.keypair`))
      }),
    ),
  work: async (tx, scope, { items }, _targets, prepared) => {
    const succeeded: { keypair: Made & { keypair: Made } }[] = []
    const failed: { keypair_name: string; failed_reason: string }[] = []
    for (const [i, { keypair }] of items.entries()) {
      const ready = prepared[i] as Item<PreparedKeypair>
      const stored = ready.ok ? await attempted(() => storeNew(tx, scope, keypair, ready.value)) : ready
      if (stored.ok) {
        const made = withGivenKey(stored.value, keypair)
        succeeded.push({ keypair: { ...made, keypair: made } })
      } else failed.push({ keypair_name: keypair.name, failed_reason: stored.reason })
    }
    return { succeeded_keypairs: succeeded, failed_keypairs: failed }
  },
  example: ({ projectId }) => ({
    project_id: projectId,
    items: [{ keypair: { name: 'example-imported', algorithm: DEFAULT_ALGORITHM } }],
  }),
})

type Made = Static<typeof MadeKeypair>

/** This call, unlike the single one, answers a private key that was given into custody. */
function withGivenKey(made: Made, asked: NewKeypair): Made {
  const given = asked.key_protection?.private_key
  return given === undefined || made.private_key !== undefined ? made : { ...made, private_key: given }
}

/** What is wrong with one item alone. Anything that is wrong with the service or the caller fails the call. */
async function attempted<T>(make: () => Promise<T>): Promise<Item<T>> {
  try {
    return { ok: true, value: await make() }
  } catch (error) {
    const reason = error instanceof Refusal ? reasonOf(error.problem) : undefined
    if (reason === undefined) throw error
    return { ok: false, reason }
  }
}

function reasonOf(problem: Problem): string | undefined {
  switch (problem.code) {
    case 'InvalidParameter':
      return `${problem.name} is invalid${problem.detail === undefined ? '' : `: ${problem.detail}`}`
    case 'KeypairExists':
      return `the key pair \`${problem.name}\` already exists`
    case 'LimitExceeded':
      return `the quota of ${problem.what} is exceeded`
    case 'KeyNotFound':
    case 'AliasNotFound':
      return 'the kms key does not exist'
    case 'KeyStateRejects':
      return `the state of the kms key is ${problem.state}`
    case 'UnsupportedOperation':
      return 'the kms key makes no data keys'
    default:
      return undefined
  }
}
